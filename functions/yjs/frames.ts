import { splitUpdate } from '../../client/split-update.ts';
import { writeMessage, type YjsMessage } from '../../client/yjs-message.ts';
import { writeUpdate, type YjsUpdate } from '../../client/yjs-update.ts';
import { base64 } from '../core/base64.ts';
import { messagesFolder } from '../core/env.ts';
import type { Ports } from '../core/ports.ts';
import { readable } from '../documents/readable.ts';
import { together } from './together.ts';

/** Frames for Yjs's tools. */

/** In base64 it still fits into a frame, with room for the gateway's overhead. */
const maxUpdateBytes = 88_000;
const maxFrameBytes = 120_000;

/** Encodes a message as bytes, by default in y-websocket's form. */
export type Spelling = (message: YjsMessage) => Uint8Array;

export const frameOf = (message: YjsMessage, spelled: Spelling = writeMessage): string =>
  JSON.stringify({ type: 'yjs', data: base64(spelled(message)) });

/** Frames with an update, each depending on earlier ones. @param last kind of the last frame */
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

/** The same for stored updates, without those that Yjs cannot read. */
export function keptFrames(
  ports: Pick<Ports, 'blobs' | 'ids'>,
  updates: readonly string[],
  spelled?: Spelling,
): Promise<string[]> {
  const found = updates.flatMap((text) => readable(text)?.update ?? []);
  return found.length === 0 ? Promise.resolve([]) : updateFrames(ports, together(found), 'update', spelled);
}

/**
 * The frame of a message. One that is too large, such as a single large value, is stored for an hour, and the frame has
 * its URL.
 */
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
