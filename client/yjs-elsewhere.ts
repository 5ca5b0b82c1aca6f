import { parseFrame, type ServerFrame } from './yjs-frames.ts';

/** Frames that are too large for a socket lie in the deployment's object store, for an hour. */

/** @throws Error when there is none */
export async function fetchFrame(own: typeof fetch, url: string): Promise<Exclude<ServerFrame, { type: 'elsewhere' }>> {
  const answer = await own(url);
  const found = answer.ok ? parseFrame(await answer.text()) : undefined;
  if (found && found.type !== 'elsewhere') return found;
  throw new Error(`There is no frame: the object store answered ${answer.status}.`);
}

/** @throws Error when it is not taken */
export async function putFrame(own: typeof fetch, url: string, text: string): Promise<void> {
  // Just these headers are part of the signature.
  const headers = { 'Content-Type': 'application/json', 'x-amz-acl': 'bucket-owner-full-control' };
  const answer = await own(url, { method: 'PUT', headers, body: text });
  if (!answer.ok) throw new Error(`The object store answered ${answer.status}.`);
}
