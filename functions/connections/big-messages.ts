import { messagesFolder } from '../core/env.ts';
import { Failure } from '../core/errors.ts';
import type { Ports } from '../core/ports.ts';

/**
 * Messages too big for a frame: clients put them into the object store and say where. What they say only names a blob that
 * we let them put; nothing is ever fetched from elsewhere. The blobs are gone after a day.
 */
const inbox = `${messagesFolder}in/`;
const maxBytes = 32 * 1024 * 1024;

/** Where a client may put a message: whoever knows that has it from us, or from the client. */
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
