import { messagesFolder } from '../core/env.ts';
import { Failure } from '../core/errors.ts';
import type { Ports } from '../core/ports.ts';

/**
 * Messages too large for a frame: clients upload them to the object store and send the URL. The URL only names a blob
 * whose upload we signed; the server never fetches from elsewhere. The blobs expire after a day.
 */
const inbox = `${messagesFolder}in/`;
const maxBytes = 32 * 1024 * 1024;

/** A URL to which a client may upload a message. Its name cannot be guessed. */
export function newUpload({ blobs, ids }: Ports): string {
  return blobs.signUpload(`${inbox}${ids.uuid()}`);
}

/** @throws Failure `message_not_found`, or `too_large` */
export async function readUpload({ blobs }: Ports, url: string): Promise<string> {
  const name = blobs.nameIn(url);
  const isUpload = name?.startsWith(inbox) === true && /^[0-9a-f-]{36}$/.test(name.slice(inbox.length));
  const text = isUpload ? await blobs.get(name, maxBytes) : undefined;
  if (text === undefined) throw new Failure('message_not_found', 'There is no message at this URL.');
  return text;
}
