import { openSync } from 'node:fs';
import type { OpenRange } from './answer.ts';
import type { StoredObject } from './bucket.ts';
import type { Call } from './call.ts';
import { checksumHeader } from './checksums.ts';
import { isUnchanged, names } from './conditions.ts';
import { S3Error } from './errors.ts';
import { demandHeaderText } from './object-settings.ts';
import { type ByteRange, readRange } from './range.ts';
import type { AuthenticatedCall, Operation, Store } from './store.ts';

/** GET and HEAD of an object: ranges, conditions, and headers that a signed URL may override. */
export const getObject: Operation = (store, call) => {
  const object = readable(store, call);
  const overrides = responseOverrides(call);
  const common = { ...object.headers, ...overrides, ...describe(object), 'accept-ranges': 'bytes' };
  if (isUnchanged(call, object)) return { status: 304, headers: common };

  const range = isRangeWanted(call, object) ? readRange(call.headers.range ?? '', object.size) : undefined;
  const { start, length } = range ?? { start: 0, length: object.size };
  const headers = range
    ? { ...common, ...rangeHeader(range, object) }
    : { ...common, ...checksumHeaders(call, object) };
  return { status: range ? 206 : 200, headers, body: opened(call, object, start, length) };
};

/**
 * The object, if the caller may read it. A caller who may not list the bucket does not learn whether an object is
 * missing.
 */
export function readable(store: Store, call: AuthenticatedCall, action = 's3:GetObject'): StoredObject {
  const { bucket, key, caller } = call;
  const existing = bucket.get(key);
  store.permissions.demand(caller, action, bucket.part.name, key, { existing });
  if (existing) return existing;
  store.permissions.demand(caller, 's3:ListBucket', bucket.part.name);
  throw new S3Error('NoSuchKey', 'The specified key does not exist.', { Key: key });
}

export function describe(object: StoredObject): Record<string, string> {
  const tags = Object.keys(object.tags).length;
  return {
    etag: `"${object.etag}"`,
    'last-modified': new Date(object.modifiedAtMs).toUTCString(),
    ...(tags > 0 && { 'x-amz-tagging-count': String(tags) }),
  };
}

/** `response-content-type` and the like. They are part of the signature, so they cannot be forged. */
function responseOverrides(call: AuthenticatedCall): Record<string, string> {
  const asked = [...call.query].filter(([name]) =>
    /^response-(content-(type|language|disposition|encoding)|cache-control|expires)$/.test(name),
  );
  if (asked.length > 0 && !call.caller.signed) {
    throw new S3Error('InvalidRequest', 'Request specific response headers cannot be used for anonymous GET requests.');
  }
  for (const [, value] of asked) demandHeaderText(value);
  return Object.fromEntries(asked.map(([name, value]) => [name.replace('response-', ''), value]));
}

function checksumHeaders(call: Call, { checksum }: StoredObject): Record<string, string> {
  if (!checksum || call.headers['x-amz-checksum-mode']?.toUpperCase() !== 'ENABLED') return {};
  return { [checksumHeader(checksum.algorithm)]: checksum.value, 'x-amz-checksum-type': checksum.type };
}

/** `If-Range` requests the rest of what the client has, or everything if the object has changed. */
function isRangeWanted(call: Call, object: StoredObject): boolean {
  const ifRange = call.headers['if-range'];
  if (ifRange === undefined) return true;
  return names(ifRange, object.etag) || Date.parse(ifRange) >= Math.floor(object.modifiedAtMs / 1000) * 1000;
}

function rangeHeader({ start, length }: ByteRange, { size }: StoredObject): Record<string, string> {
  return { 'content-range': `bytes ${start}-${start + length - 1}/${size}` };
}

/** Opened in the same tick as the lookup of the object, so that a concurrent overwrite does not affect this reader. */
function opened(call: AuthenticatedCall, object: StoredObject, start: number, length: number): OpenRange {
  return { fd: openSync(call.bucket.blobPath(object.blob), 'r'), start, length };
}
