import { parseFrame, type ServerFrame } from './yjs-frames.ts';

/** Frames that are too large for a socket: the deployment's object store has them for an hour. */

/** @throws Error when the frame does not exist */
export async function fetchFrame(own: typeof fetch, url: string): Promise<Exclude<ServerFrame, { type: 'elsewhere' }>> {
  const answer = await own(url);
  const found = answer.ok ? parseFrame(await answer.text()) : undefined;
  if (found && found.type !== 'elsewhere') return found;
  throw new Error(`There is no frame: the object store answered ${answer.status}.`);
}

/** @throws Error when the store refuses it */
export async function putFrame(own: typeof fetch, url: string, text: string): Promise<void> {
  // The signature covers exactly these headers.
  const headers = { 'Content-Type': 'application/json', 'x-amz-acl': 'bucket-owner-full-control' };
  const answer = await own(url, { method: 'PUT', headers, body: text });
  if (!answer.ok) throw new Error(`The object store answered ${answer.status}.`);
}
