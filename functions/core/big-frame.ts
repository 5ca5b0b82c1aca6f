import { messagesFolder } from './env.ts';
import type { Ports } from './ports.ts';

/** A post ends at 128 KB; the rest is room for what a gateway adds. */
const maxInlineBytes = 120_000;

/**
 * The frame that brings CasualOS's clients a message, one for all of them: the message itself, or, if that is too big for a
 * frame, where it is kept for an hour.
 * @param message its JSON text
 */
export async function messageFrame(ports: Pick<Ports, 'blobs' | 'ids'>, message: string): Promise<string> {
  const frame = `[1,0,${message}]`;
  if (Buffer.byteLength(frame) <= maxInlineBytes) return frame;
  const { blobs, ids } = ports; // only now: most messages need none
  const name = `${messagesFolder}out/${ids.uuid()}`;
  await blobs.put(name, message);
  return JSON.stringify([4, -1, blobs.signRead(name), 'GET', {}]);
}
