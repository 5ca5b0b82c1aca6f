import { looseBlobIn } from '../core/keys.ts';
import type { StreamReader, StreamRecord } from '../core/stream-reader.ts';
import { expiredKey } from '../core/stream-reader.ts';

/** Deletes blobs whose row has expired: no item has come to refer to them, or none does any more. */
export const looseBlobs: StreamReader = {
  reads: (record) => expiredBlob(record) !== undefined,
  async read({ blobs }, record) {
    const name = expiredBlob(record);
    if (name !== undefined) await blobs.delete(name);
  },
};

/** A row that a function deleted has done its duty; one that ran out of time has not. */
function expiredBlob(record: StreamRecord): string | undefined {
  const key = expiredKey(record);
  return key && looseBlobIn(key.pk);
}
