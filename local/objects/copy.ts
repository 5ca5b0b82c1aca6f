import { createReadStream } from 'node:fs';
import { xmlAnswer } from './answer.ts';
import type { Bucket, StoredObject } from './bucket.ts';
import { amzHeader } from './call.ts';
import { hasherOf } from './checksums.ts';
import { demandCopyable, demandWritable } from './conditions.ts';
import { S3Error } from './errors.ts';
import { readable } from './get.ts';
import { type ObjectSettings, settingsOf } from './object-settings.ts';
import { demandWrite } from './put.ts';
import { writeBlob } from './receive.ts';
import type { AuthenticatedCall, Operation, Store } from './store.ts';
import { xmlDocument } from './xml.ts';

/**
 * PUT with `x-amz-copy-source`: the bytes stay in the store. Metadata and tags are kept unless a directive replaces
 * them.
 */
export const copyObject: Operation = async (store, call) => {
  const { bucket, key } = call;
  const source = copySource(store, call);
  const settings = copiedSettings(call, source.object);
  if (
    source.bucket === bucket &&
    source.object.key === key &&
    !isReplacing(call, 'metadata') &&
    !isReplacing(call, 'tagging')
  ) {
    throw new S3Error(
      'InvalidRequest',
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
    );
  }
  demandWrite(store, call, settings);
  demandWritable(call, bucket.get(key));

  const copied = await copyBlob(source.bucket, source.object, bucket);
  const modifiedAtMs = store.nowMs();
  const { checksum } = source.object;
  const whole = checksum?.type === 'FULL_OBJECT' ? { checksum } : {};
  bucket.commit({
    key,
    blob: copied.blob,
    size: source.object.size,
    etag: copied.md5,
    modifiedAtMs,
    ...settings,
    ...whole,
  });
  store.announce({ call, key, name: 'ObjectCreated:Copy', object: { size: source.object.size, etag: copied.md5 } });
  const result = { LastModified: new Date(modifiedAtMs).toISOString(), ETag: `"${copied.md5}"` };
  return xmlAnswer(xmlDocument('CopyObjectResult', result));
};

/** The object in `x-amz-copy-source`, if the caller may read it. */
export function copySource(
  store: Store,
  call: AuthenticatedCall,
): { readonly bucket: Bucket; readonly object: StoredObject } {
  const header = call.headers['x-amz-copy-source'] ?? '';
  const [path = '', version] = header.split('?', 2);
  if (version !== undefined) throw new S3Error('NotImplemented', 'The local object store keeps no versions.');
  const [name = '', ...rest] = path.replace(/^\//, '').split('/');
  const bucket = store.bucketNamed(decoded(name));
  const from = { ...call, bucket, bucketName: name, key: decoded(rest.join('/')) };
  const object = readable(store, from);
  demandCopyable(call, object);
  if (Object.keys(object.tags).length > 0 && !isReplacing(call, 'tagging'))
    readable(store, from, 's3:GetObjectTagging');
  return { bucket, object };
}

function copiedSettings(call: AuthenticatedCall, source: StoredObject): ObjectSettings {
  const own = settingsOf(call);
  return {
    headers: isReplacing(call, 'metadata') ? own.headers : source.headers,
    tags: isReplacing(call, 'tagging') ? own.tags : source.tags,
  };
}

function isReplacing(call: AuthenticatedCall, what: 'metadata' | 'tagging'): boolean {
  return amzHeader(call, `x-amz-${what}-directive`)?.toUpperCase() === 'REPLACE';
}

/** A new blob with some or all bytes of an object, and their MD5 (hex). */
export async function copyBlob(from: Bucket, object: StoredObject, to: Bucket, start = 0, length = object.size) {
  const blob = to.newBlob();
  const md5 = hasherOf('md5');
  // An empty range has no stream, because its end would lie before its start.
  const file = length === 0 ? [] : createReadStream(from.blobPath(object.blob), { start, end: start + length - 1 });
  async function* hashed(): AsyncGenerator<Buffer> {
    for await (const chunk of file) {
      md5.update(chunk);
      yield chunk;
    }
  }
  try {
    await writeBlob(to, blob, hashed());
  } catch (error) {
    to.discard(blob);
    throw error;
  }
  return { blob, md5: md5.digest().toString('hex') };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new S3Error('InvalidArgument', 'x-amz-copy-source is not valid percent-encoding.');
  }
}
