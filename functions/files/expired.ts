import { fileIn } from '../core/keys.ts';
import type { StreamReader, StreamRecord } from '../core/stream-reader.ts';
import { expiredKey } from '../core/stream-reader.ts';
import { eraseLeftover } from './erasing.ts';
import type { Place } from './places.ts';

/**
 * Cleans up files whose row has expired: they were never uploaded, the upload was not noticed, or a handler died while
 * erasing them.
 */
export const expiredFiles: StreamReader = {
  reads: (record) => expiredFile(record) !== undefined,
  async read(ports, record) {
    const place = expiredFile(record);
    if (place) await eraseLeftover(ports, place);
  },
};

function expiredFile(record: StreamRecord): Place | undefined {
  const key = expiredKey(record);
  return key && fileIn(key);
}
