import type { BatchReader } from '../core/stream-reader.ts';
import { changesIn, isOfStore } from '../store/changes-in-stream.ts';
import { repairAffected } from './affected.ts';

/** No change is missed by those who have subscribed to what it changes, whatever became of whoever wrote it. */
export const changedBuckets: BatchReader = {
  reads: isOfStore,
  async readAll(ports, records) {
    const changes = await changesIn(ports, records);
    if (changes.length > 0) await repairAffected(ports, changes);
  },
};
