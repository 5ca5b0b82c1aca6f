import { own } from '../core/own.ts';
import type { Ports } from '../core/ports.ts';
import type { Bucket } from './bucket.ts';
import { candidates } from './bucket-reader.ts';
import { type Fields, type Filter, parseFilter } from './filter.ts';
import { isRecordKey, type RecordKey } from './key-text.ts';
import { invalidRecord } from './refusals.ts';
import { settle } from './settle.ts';
import { needsNumber, type StoredRecord } from './validate-record.ts';
import { beginWork, bucketIn, slotAt, type Work } from './work.ts';
import { deleteFrom, insertInto, reserveNumbers, updateIn } from './writing.ts';

/** Operations on many records. Inserts happen in one transaction; changes by a filter happen record by record. */

/** @throws Failure `transaction_too_large`, or an error of a single insert; then nothing was inserted */
export function insertMany(
  ports: Ports,
  { bucket: name, data }: { readonly bucket: string; readonly data: readonly Fields[] },
): Promise<StoredRecord[]> {
  return settle(ports, async (work) => {
    const bucket = await bucketIn(work, name);
    const numbered = data.filter((one) => needsNumber(bucket.definition, one));
    await reserveNumbers(work, bucket, numbered.length);
    const records: StoredRecord[] = [];
    for (const one of data) records.push(await insertInto(work, bucket, one));
    return records;
  });
}

/** @throws Failure `unacceptable_record`, also if the key is missing */
export function upsert(
  ports: Ports,
  { bucket: name, data }: { readonly bucket: string; readonly data: Fields },
): Promise<StoredRecord> {
  return settle(ports, async (work) => {
    const bucket = await bucketIn(work, name);
    const field = bucket.definition.key;
    const key = own(data, field);
    if (!isRecordKey(key)) throw invalidRecord(name, [{ field, message: 'Field is required', code: 'required' }]);
    const slot = await slotAt(work, bucket, key);
    return slot.after ? updateIn(work, bucket, key, data) : insertInto(work, bucket, data);
  });
}

/** @returns how many were changed */
export function updateMany(
  ports: Ports,
  { bucket, filter, data }: { readonly bucket: string; readonly filter: Fields; readonly data: Fields },
): Promise<number> {
  return eachMatch(ports, bucket, filter, (work, found, key) => updateIn(work, found, key, data));
}

/** @returns how many were deleted */
export function deleteMany(
  ports: Ports,
  { bucket, filter }: { readonly bucket: string; readonly filter: Fields },
): Promise<number> {
  return eachMatch(ports, bucket, filter, deleteFrom);
}

const atOnce = 10;

/**
 * Each record is read again when it is changed, and skipped if it no longer matches. A refusal stops the operation:
 * earlier changes stay, and no further ones are made.
 */
async function eachMatch(
  ports: Ports,
  name: string,
  raw: Fields,
  act: (work: Work, bucket: Bucket, key: RecordKey) => Promise<unknown>,
): Promise<number> {
  const filter: Filter = parseFilter(raw);
  const bucket = await bucketIn(beginWork(ports), name);
  const found: RecordKey[] = [];
  for await (const { record, key } of candidates(ports, bucket, filter)) if (filter.matches(record)) found.push(key);
  let count = 0;
  for (let start = 0; start < found.length; start += atOnce) {
    const changed = await allOver(
      found.slice(start, start + atOnce).map((key) =>
        settle(ports, async (work) => {
          const now = await bucketIn(work, name);
          const { after } = await slotAt(work, now, key);
          if (!after || !filter.matches(after.record)) return false;
          await act(work, now, key);
          return true;
        }),
      ),
    );
    count += changed.filter(Boolean).length;
  }
  return count;
}

/** Like `Promise.all`, but settles only after all of them have settled. */
async function allOver<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}
