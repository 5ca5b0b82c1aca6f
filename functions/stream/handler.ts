import { runtime } from '../adapters/runtime.ts';
import { auditEntries } from '../audit/entries-in-stream.ts';
import type { Ports } from '../core/ports.ts';
import type { BatchReader, StreamReader, StreamRecord } from '../core/stream-reader.ts';
import { expiredFiles } from '../files/expired.ts';
import { hookedChanges } from '../instance-webhooks/changes-in-stream.ts';
import { goneInsts } from '../insts/removed.ts';
import { changedBuckets } from '../queries/derived.ts';
import { bridgedBuckets } from '../rules/bridge.ts';
import { clearedBuckets } from '../store/cleared.ts';
import { looseBlobs } from './loose-blobs.ts';

/** Readers that derive work from changes. */
const batchReaders: readonly BatchReader[] = [changedBuckets, hookedChanges];
const readers: readonly StreamReader[] = [
  looseBlobs,
  expiredFiles,
  goneInsts,
  clearedBuckets,
  auditEntries,
  bridgedBuckets,
];

/**
 * Reads the table's stream: in order per item, at least once. A failed record comes again, with all records after it.
 */
export async function handler(event: { readonly Records: readonly StreamRecord[] }) {
  const ports = runtime();
  const [first] = event.Records;
  for (const reader of batchReaders) {
    const records = event.Records.filter((record) => reader.reads(record));
    try {
      if (records.length > 0) await reader.readAll(ports, records);
    } catch (cause) {
      if (first) return failedAt(ports, first, cause);
    }
  }
  for (const record of event.Records) {
    try {
      for (const reader of readers) if (reader.reads(record)) await reader.read(ports, record);
    } catch (cause) {
      return failedAt(ports, record, cause);
    }
  }
  return { batchItemFailures: [] };
}

function failedAt({ log }: Ports, { eventName, dynamodb }: StreamRecord, cause: unknown) {
  log.error('stream record failed', cause, { eventName });
  return { batchItemFailures: [{ itemIdentifier: dynamodb.SequenceNumber }] };
}
