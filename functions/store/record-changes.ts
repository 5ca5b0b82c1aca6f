import { Failure } from '../core/errors.ts';
import { rowIn } from '../core/keys.ts';
import { own } from '../core/own.ts';
import type { Ports } from '../core/ports.ts';
import type { StreamRecord } from '../core/stream-reader.ts';
import { keyIn, textIn } from '../core/stream-reader.ts';
import { bucketNamed } from './bucket-store.ts';
import type { StoredRecord } from './validate-record.ts';

/** A change of one record from the table's stream: in order for each record, possibly twice. */
export type RecordChange = {
  readonly bucket: string;
  readonly key: unknown;
  /** The same for every delivery of the change. */
  readonly mark: string;
} & (
  | { readonly type: 'inserted' | 'deleted'; readonly record: StoredRecord }
  | { readonly type: 'updated'; readonly oldRecord: StoredRecord; readonly newRecord: StoredRecord }
);

/** The bucket of the row that a change concerns; undefined if it does not concern a row. */
export function bucketOfRow(record: StreamRecord): string | undefined {
  const key = keyIn(record);
  return key && rowIn(key)?.bucket;
}

/** @returns undefined if readers cannot see a difference, or the bucket has been cleared or dropped since */
export async function recordChange(ports: Ports, record: StreamRecord): Promise<RecordChange | undefined> {
  const row = keyIn(record);
  const place = row && rowIn(row);
  const [before, after] = [bodyIn(record.dynamodb.OldImage), bodyIn(record.dynamodb.NewImage)];
  if (!row || !place || before === after) return undefined;
  const bucket = await bucketThatIs(ports, place.bucket);
  if (bucket?.generation !== place.generation) return undefined;
  const about = { bucket: bucket.name, mark: `${row.sk}#${record.dynamodb.SequenceNumber}` };
  const [old, now] = [
    before === undefined ? undefined : parsed(before),
    after === undefined ? undefined : parsed(after),
  ];
  const key = own(now ?? old ?? {}, bucket.definition.key);
  // A record that was deleted and inserted at the same moment, or inserted after it had expired, is a new one.
  if (now && (!old || now._version === 1)) return { ...about, key, type: 'inserted', record: now };
  if (now && old) return { ...about, key, type: 'updated', oldRecord: old, newRecord: now };
  return old && { ...about, key, type: 'deleted', record: old };
}

const bodyIn = (image: Readonly<Record<string, unknown>> | undefined): string | undefined => textIn(image, 'body');

const parsed = (body: string): StoredRecord => JSON.parse(body) as StoredRecord; // written by `itemOf` only

async function bucketThatIs(ports: Ports, name: string) {
  try {
    return await bucketNamed(ports, name);
  } catch (thrown) {
    if (thrown instanceof Failure && thrown.code === 'bucket_not_defined') return undefined;
    throw thrown;
  }
}
