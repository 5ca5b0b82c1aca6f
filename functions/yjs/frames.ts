import { splitUpdate } from '../../client/split-update.ts';
import { writeMessage, type YjsMessage } from '../../client/yjs-message.ts';
import { writeUpdate, type YjsUpdate } from '../../client/yjs-update.ts';
import { base64 } from '../core/base64.ts';
import { messagesFolder } from '../core/env.ts';
import type { Ports } from '../core/ports.ts';
import { readable } from '../documents/readable.ts';
import { together } from './together.ts';

/** What is said to Yjs's tools, as frames. */

/** In base64 it still fits a frame, with room for what a gateway adds. */
const maxUpdateBytes = 88_000;
const maxFrameBytes = 120_000;

/** How a message is written as bytes: as y-websocket has it, unless somebody speaks otherwise. */
export type Spelling = (message: YjsMessage) => Uint8Array;

export const frameOf = (message: YjsMessage, spelled: Spelling = writeMessage): string =>
  JSON.stringify({ type: 'yjs', data: base64(spelled(message)) });

/** Frames that bring an update, each building on those before it. @param last how the last of them is meant */
export function updateFrames(
  ports: Pick<Ports, 'blobs' | 'ids'>,
  update: YjsUpdate,
  last: 'update' | 'step2' = 'update',
  spelled?: Spelling,
): Promise<string[]> {
  const parts = splitUpdate(writeUpdate(update), maxUpdateBytes);
  return Promise.all(
    parts.map((part, index) => {
      const kind = index === parts.length - 1 ? last : 'update';
      return frameFor(ports, { kind, update: part }, spelled);
    }),
  );
}

/** The same for updates as they are kept, without those that Yjs would not understand. */
export function keptFrames(
  ports: Pick<Ports, 'blobs' | 'ids'>,
  updates: readonly string[],
  spelled?: Spelling,
): Promise<string[]> {
  const found = updates.flatMap((text) => readable(text)?.update ?? []);
  return found.length === 0 ? Promise.resolve([]) : updateFrames(ports, together(found), 'update', spelled);
}

/** What does not fit a frame, as a single large value, is where the frame says, for an hour. */
export async function frameFor(
  ports: Pick<Ports, 'blobs' | 'ids'>,
  message: YjsMessage,
  spelled?: Spelling,
): Promise<string> {
  const frame = frameOf(message, spelled);
  if (frame.length <= maxFrameBytes) return frame;
  const { blobs, ids } = ports; // only now: most frames need none
  const name = `${messagesFolder}out/${ids.uuid()}`;
  await blobs.put(name, frame);
  return JSON.stringify({ type: 'yjs', url: blobs.signRead(name) });
}
