import { looseBlobIn } from '../core/keys.ts';
import type { StreamReader, StreamRecord } from '../core/stream-reader.ts';
import { expiredKey } from '../core/stream-reader.ts';

/** Deletes blobs whose row has expired, because no item refers to them. */
export const looseBlobs: StreamReader = {
  reads: (record) => expiredBlob(record) !== undefined,
  async read({ blobs }, record) {
    const name = expiredBlob(record);
    if (name !== undefined) await blobs.delete(name);
  },
};

/** Only rows that expired count, not those that a function deleted. */
function expiredBlob(record: StreamRecord): string | undefined {
  const key = expiredKey(record);
  return key && looseBlobIn(key.pk);
}
