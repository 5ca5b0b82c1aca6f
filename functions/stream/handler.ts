import { runtime } from '../adapters/runtime.ts';
import { auditEntries } from '../audit/entries-in-stream.ts';
import { expiredFiles } from '../files/expired.ts';
import { goneInsts } from '../insts/removed.ts';
import { clearedBuckets } from '../store/cleared.ts';
import { looseBlobs } from './loose-blobs.ts';
import type { StreamReader, StreamRecord } from './reader.ts';

/** Everything that derives something from what was written. */
const readers: readonly StreamReader[] = [looseBlobs, expiredFiles, goneInsts, clearedBuckets, auditEntries];

/** The table's stream: in order per item, at least once. A record that fails comes again with all behind it. */
export async function handler(event: { readonly Records: readonly StreamRecord[] }) {
  const ports = runtime();
  for (const record of event.Records) {
    try {
      for (const reader of readers) if (reader.reads(record)) await reader.read(ports, record);
    } catch (cause) {
      ports.log.error('stream record failed', cause, { eventName: record.eventName });
      return { batchItemFailures: [{ itemIdentifier: record.dynamodb.SequenceNumber }] };
    }
  }
  return { batchItemFailures: [] };
}
