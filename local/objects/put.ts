import { amzHeader } from './call.ts';
import { type Checksum, checksumHeader } from './checksums.ts';
import { demandWritable } from './conditions.ts';
import { type ObjectSettings, settingsOf } from './object-settings.ts';
import { bodyOf, MAX_OBJECT_BYTES, receiveBlob } from './receive.ts';
import type { AuthenticatedCall, Operation, Store } from './store.ts';

/**
 * PUT of a whole object. It becomes visible only after everything that the client declared about its bytes is verified.
 */
export const putObject: Operation = async (store, call) => {
  const { bucket, key } = call;
  const settings = settingsOf(call);
  demandWrite(store, call, settings);
  demandWritable(call, bucket.get(key));

  const received = await receiveBlob(bucket, bodyOf(call, MAX_OBJECT_BYTES));
  try {
    demandWritable(call, bucket.get(key)); // Another request may have written the object while this body arrived.
  } catch (lost) {
    bucket.discard(received.blob);
    throw lost;
  }
  const { blob, size, md5, checksum } = received;
  bucket.commit({
    key,
    blob,
    size,
    etag: md5,
    modifiedAtMs: store.nowMs(),
    ...settings,
    ...(checksum && { checksum }),
  });
  store.announce({ call, key, name: 'ObjectCreated:Put', object: { size, etag: md5 } });
  return { status: 200, headers: { etag: `"${md5}"`, ...checksumAnswer(checksum) } };
};

/** Setting tags, or an access control list (even one that grants nothing new), needs its own permission. */
export function demandWrite(store: Store, call: AuthenticatedCall, settings: ObjectSettings): void {
  const { bucket, key, caller } = call;
  const circumstances = { existing: bucket.get(key), requestedTags: settings.tags };
  const hasTags = Object.keys(settings.tags).length > 0;
  store.permissions.demand(caller, 's3:PutObject', bucket.part.name, key, circumstances);
  if (hasTags) store.permissions.demand(caller, 's3:PutObjectTagging', bucket.part.name, key, circumstances);
  if (amzHeader(call, 'x-amz-acl') !== undefined) {
    store.permissions.demand(caller, 's3:PutObjectAcl', bucket.part.name, key, circumstances);
  }
}

export function checksumAnswer(checksum: Checksum | undefined): Record<string, string> {
  return checksum ? { [checksumHeader(checksum.algorithm)]: checksum.value, 'x-amz-checksum-type': checksum.type } : {};
}
