import type { StoredObject } from './bucket.ts';
import type { Call } from './call.ts';
import { S3Error } from './errors.ts';

/** HTTP's conditional requests that S3 supports. Times are compared in whole seconds, as headers have them. */

/** For GET and HEAD. Returns whether the client already has the object (304). @throws S3Error PreconditionFailed */
export function isUnchanged(call: Call, object: StoredObject): boolean {
  const { headers } = call;
  const modifiedAt = Math.floor(object.modifiedAtMs / 1000) * 1000;
  const match = headers['if-match'];
  if (match !== undefined) {
    if (!names(match, object.etag)) throw failed('If-Match');
  } else if (modifiedAt > Date.parse(headers['if-unmodified-since'] ?? '')) {
    throw failed('If-Unmodified-Since');
  }
  const noneMatch = headers['if-none-match'];
  if (noneMatch !== undefined) return names(noneMatch, object.etag);
  return modifiedAt <= Date.parse(headers['if-modified-since'] ?? '');
}

/**
 * For writes: only if there is no object (`If-None-Match: *`), or only if it is the one that the writer knows
 * (`If-Match`).
 */
export function demandWritable(call: Call, existing: StoredObject | undefined): void {
  const noneMatch = call.headers['if-none-match'];
  const match = call.headers['if-match'];
  if (noneMatch !== undefined && noneMatch !== '*') {
    throw new S3Error(
      'NotImplemented',
      'A header you provided implies functionality that is not implemented: If-None-Match takes * only.',
    );
  }
  if (noneMatch !== undefined && existing) throw failed('If-None-Match');
  if (match === undefined) return;
  if (!existing) throw new S3Error('NoSuchKey', 'The specified key does not exist.', { Key: call.key });
  if (!names(match, existing.etag)) throw failed('If-Match');
}

/** For the source of a copy. */
export function demandCopyable(call: Call, source: StoredObject): void {
  const match = call.headers['x-amz-copy-source-if-match'];
  const noneMatch = call.headers['x-amz-copy-source-if-none-match'];
  if (match !== undefined && !names(match, source.etag)) throw failed('x-amz-copy-source-If-Match');
  if (noneMatch !== undefined && names(noneMatch, source.etag)) throw failed('x-amz-copy-source-If-None-Match');
}

/** Whether a list of entity tags contains this one. */
export function names(list: string, etag: string): boolean {
  return list.split(',').some((each) => {
    const one = each.trim().replace(/^W\//, '');
    return one === '*' || one === `"${etag}"` || one === etag;
  });
}

function failed(condition: string): S3Error {
  const message = 'At least one of the pre-conditions you specified did not hold';
  return new S3Error('PreconditionFailed', message, { Condition: condition });
}
