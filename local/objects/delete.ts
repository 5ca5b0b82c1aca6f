import { xmlAnswer } from './answer.ts';
import { demandWritable } from './conditions.ts';
import { S3Error } from './errors.ts';
import { bodyOf, readText } from './receive.ts';
import type { AuthenticatedCall, Operation, Store } from './store.ts';
import { elements, malformed, textOf, type XmlTree, xmlDocument } from './xml.ts';

const MAX_KEYS = 1000;
const MAX_DOCUMENT_BYTES = 2 * 1024 ** 2;

/** DELETE of one object; succeeds even if it does not exist. */
export const deleteObject: Operation = (store, call) => {
  demandDelete(store, call, call.key);
  if (call.headers['if-match'] !== undefined) demandWritable(call, call.bucket.get(call.key));
  remove(store, call, call.key);
  return { status: 204 };
};

/** POST `?delete`: up to 1,000 keys, each with its own result. */
export const deleteObjects: Operation = async (store, call) => {
  const xml = await readText(bodyOf(call, MAX_DOCUMENT_BYTES));
  const hasDigest = call.headers['content-md5'] !== undefined || Object.keys(call.headers).some(isChecksumHeader);
  if (!hasDigest) throw new S3Error('InvalidRequest', 'Missing required header for this request: Content-MD5');
  const [root = ''] = elements(xml, 'Delete');
  const keys = elements(root, 'Object').map((object) => textOf(object, 'Key') ?? '');
  if (keys.length === 0 || keys.length > MAX_KEYS || keys.includes('')) throw malformed();

  const deleted: XmlTree[] = [];
  const failed: XmlTree[] = [];
  for (const key of keys) {
    try {
      demandDelete(store, call, key);
      remove(store, call, key);
      deleted.push({ Key: key });
    } catch (error) {
      if (!(error instanceof S3Error)) throw error;
      failed.push({ Key: key, Code: error.code, Message: error.message });
    }
  }
  const isQuiet = textOf(root, 'Quiet') === 'true';
  return xmlAnswer(xmlDocument('DeleteResult', { Deleted: isQuiet ? [] : deleted, Error: failed }));
};

function demandDelete(store: Store, call: AuthenticatedCall, key: string): void {
  const { bucket, caller } = call;
  store.permissions.demand(caller, 's3:DeleteObject', bucket.part.name, key, { existing: bucket.get(key) });
}

function remove(store: Store, call: AuthenticatedCall, key: string): void {
  if (call.bucket.remove(key)) store.announce({ call, key, name: 'ObjectRemoved:Delete' });
}

function isChecksumHeader(name: string): boolean {
  return name.startsWith('x-amz-checksum-') || name === 'x-amz-trailer';
}
