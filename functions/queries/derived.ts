import type { BatchReader } from '../core/stream-reader.ts';
import { changesIn, isOfStore } from '../store/changes-in-stream.ts';
import { repairAffected } from './affected.ts';

/** Makes sure that subscribers miss no change, even if the writing process died. */
export const changedBuckets: BatchReader = {
  reads: isOfStore,
  async readAll(ports, records) {
    const changes = await changesIn(ports, records);
    if (changes.length > 0) await repairAffected(ports, changes);
  },
};
