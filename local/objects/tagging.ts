import { xmlAnswer } from './answer.ts';
import type { StoredObject } from './bucket.ts';
import { readable } from './get.ts';
import { parseTagSet } from './object-settings.ts';
import { bodyOf, readText } from './receive.ts';
import type { AuthenticatedCall, Operation } from './store.ts';
import { xmlDocument } from './xml.ts';

/** `?tagging` of an object. A bucket policy with conditions on tags takes a change into account at once. */

const MAX_DOCUMENT_BYTES = 64 * 1024;

export const getTagging: Operation = (store, call) => {
  const { tags } = readable(store, call, 's3:GetObjectTagging');
  const tag = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  return xmlAnswer(xmlDocument('Tagging', { TagSet: { Tag: tag } }));
};

export const putTagging: Operation = async (store, call) => {
  readable(store, call, 's3:PutObjectTagging');
  const tags = parseTagSet(await readText(bodyOf(call, MAX_DOCUMENT_BYTES)));
  retag(call, readable(store, call, 's3:PutObjectTagging'), tags);
  store.announce({ call, key: call.key, name: 'ObjectTagging:Put' });
  return { status: 200 };
};

export const deleteTagging: Operation = (store, call) => {
  retag(call, readable(store, call, 's3:DeleteObjectTagging'), {});
  store.announce({ call, key: call.key, name: 'ObjectTagging:Delete' });
  return { status: 204 };
};

function retag(call: AuthenticatedCall, object: StoredObject, tags: Readonly<Record<string, string>>): void {
  call.bucket.commit({ ...object, tags });
}
