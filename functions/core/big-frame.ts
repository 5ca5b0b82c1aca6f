import { messagesFolder } from './env.ts';
import type { Ports } from './ports.ts';

/** API Gateway posts at most 128 KB; the rest is room for what it adds. */
const maxInlineBytes = 120_000;

/**
 * The frame that delivers a message to CasualOS's clients, the same for all: the message itself or, if it is too large
 * for a frame, the URL where it stays for an hour.
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
