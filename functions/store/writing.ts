import type { Failure } from '../core/errors.ts';
import { isNothing, own } from '../core/own.ts';
import type { Bucket } from './bucket.ts';
import type { Fields } from './filter.ts';
import { isRecordKey, type RecordKey, uniqueText } from './key-text.ts';
import { raiseNumbers, takeNumbers } from './number-store.ts';
import { nextPlace } from './place.ts';
import { alreadyExists, invalidRecord, isReferenced, notFound, otherVersion } from './refusals.ts';
import { type Row, rowsByTime, rowsWith } from './row-store.ts';
import { newTag } from './tag.ts';
import type { Issue } from './validate-field.ts';
import { needsNumber, type Prepared, prepareInsert, prepareUpdate, type StoredRecord } from './validate-record.ts';
import { asChanged, bucketIn, type Slot, slotAt, slotOfRow, slotToFill, type Work } from './work.ts';

/** Inserts, updates and deletions inside a work, checked against everything that it has read and done so far. */

/** @throws Failure `unacceptable_record`, `already_exists` */
export async function insertInto(work: Work, bucket: Bucket, data: Fields): Promise<StoredRecord> {
  const { clock, ids } = work.ports;
  const { definition, name } = bucket;
  const autoincrement = needsNumber(definition, data) ? await takeNumber(work, name) : undefined;
  const making = { now: clock.now(), ids, ...(autoincrement === undefined ? {} : { autoincrement }) };
  const prepared = prepareInsert(definition, data, making);
  const { record, key } = await referring(work, bucket, prepared, undefined);
  // In a bounded bucket every row is counted, even an expired one that an insert replaces. So it must be read.
  const slot = definition.maxSize === undefined ? slotToFill(work, bucket, key) : await slotAt(work, bucket, key);
  if (slot.after) throw alreadyExists(name, definition.key, key);
  refuseTaken(work, slot, record);
  await raiseTo(work, bucket, data);
  slot.after = { key, record, place: nextPlace(work.ports), tag: newTag(work.ports) };
  return record;
}

/** @throws Failure `not_found`, `conflict`, `unacceptable_record`, `already_exists` */
export async function updateIn(
  work: Work,
  bucket: Bucket,
  key: RecordKey,
  data: Fields,
  expectedVersion?: number,
): Promise<StoredRecord> {
  const slot = await slotAt(work, bucket, key);
  refuseOtherVersion(slot, expectedVersion);
  if (!slot.after) throw notFound(bucket.name, key);
  const now = work.ports.clock.now();
  const prepared = prepareUpdate(bucket.definition, slot.after.record, data, now);
  const { record } = await referring(work, bucket, prepared, slot.after.record);
  refuseTaken(work, slot, record);
  slot.after = { ...slot.after, record, tag: newTag(work.ports) };
  return record;
}

/** Deleting a missing record succeeds. @throws Failure `conflict` */
export async function deleteFrom(work: Work, bucket: Bucket, key: RecordKey, expectedVersion?: number): Promise<void> {
  const slot = await slotAt(work, bucket, key);
  refuseOtherVersion(slot, expectedVersion);
  slot.isChecked = true;
  if (slot.after) await remove(work, slot, refuseReferenced);
}

/** Evicts a row of a full bucket. Records that refer to it with `restrict` keep a dangling reference. */
export function evict(work: Work, bucket: Bucket, row: Row): Promise<void> {
  return remove(work, slotOfRow(work, bucket, row), () => {});
}

type Restrict = (slot: Slot, source: Bucket, field: string) => void;

const refuseReferenced: Restrict = ({ bucket, key }, source, field) => {
  throw isReferenced(bucket.name, key, source.name, field);
};

/** Removes the record before those that refer to it, so that circular references end. */
async function remove(work: Work, slot: Slot, restricted: Restrict): Promise<void> {
  const { bucket, key } = slot;
  slot.after = undefined;
  for (const name of bucket.referencedBy) {
    const source = await bucketIfAny(work, name);
    if (!source) continue;
    for (const { field, onDelete } of source.references.filter((one) => one.bucket === bucket.name)) {
      for (const row of await rowsReferring(work, source, field, key)) {
        const referring = slotOfRow(work, source, row);
        if (onDelete === 'restrict') restricted(slot, source, field);
        else if (onDelete === 'cascade') await remove(work, referring, restricted);
        else setNull(work, referring, field);
      }
    }
  }
}

async function rowsReferring(work: Work, source: Bucket, field: string, key: RecordKey): Promise<Row[]> {
  const found = source.searchable.has(field)
    ? await rowsWith(work.ports, source, field, key)
    : await Array.fromAsync(rowsByTime(work.ports, source));
  return asChanged(work, source, found).filter(({ record }) => own(record, field) === key);
}

function setNull(work: Work, slot: Slot, field: string): void {
  if (!slot.after) return;
  const { record } = slot.after;
  const changed = { ...record, [field]: null, _version: record._version + 1, _updatedAt: work.ports.clock.now() };
  slot.after = { ...slot.after, record: changed, tag: newTag(work.ports) };
}

/**
 * Verifies that the records exist to which a new or changed record refers.
 * @throws Failure `unacceptable_record` with all errors
 */
async function referring(
  work: Work,
  bucket: Bucket,
  prepared: Prepared,
  before: StoredRecord | undefined,
): Promise<{ record: StoredRecord; key: RecordKey }> {
  const { record } = prepared;
  const issues: Issue[] = [...(prepared.issues ?? [])];
  const isWrong = new Set(issues.map(({ field }) => field));
  for (const reference of bucket.references) {
    const key = own(record, reference.field);
    if (isNothing(key) || isWrong.has(reference.field) || (before && own(before, reference.field) === key)) continue;
    const target = isRecordKey(key) ? await targetOf(work, reference.bucket, key) : undefined;
    if (target?.after) target.isReferredTo = true;
    else issues.push({ field: reference.field, message: `No such record in ${reference.bucket}`, code: 'ref' });
  }
  if (prepared.issues || issues.length > 0) throw invalidRecord(bucket.name, issues);
  return prepared;
}

async function targetOf(work: Work, bucketName: string, key: RecordKey): Promise<Slot | undefined> {
  const bucket = await bucketIfAny(work, bucketName);
  return bucket && slotAt(work, bucket, key);
}

/**
 * Undefined if the bucket was dropped. Then its records no longer restrict deletions, and references to it are invalid.
 */
async function bucketIfAny(work: Work, name: string): Promise<Bucket | undefined> {
  try {
    return await bucketIn(work, name);
  } catch (thrown) {
    if (isMissingBucket(thrown)) return undefined;
    throw thrown;
  }
}

const isMissingBucket = (thrown: unknown): thrown is Failure =>
  thrown instanceof Error && 'code' in thrown && thrown.code === 'bucket_not_defined';

/** @throws Failure `already_exists` for a value of another record in this work; the write checks all others */
function refuseTaken(work: Work, slot: Slot, record: StoredRecord): void {
  const { bucket } = slot;
  for (const field of bucket.uniqueFields) {
    const text = uniqueText(own(record, field));
    if (text === undefined) continue;
    for (const other of work.slots.values()) {
      if (other === slot || other.bucket.name !== bucket.name || !other.after) continue;
      if (uniqueText(own(other.after.record, field)) !== text) continue;
      throw alreadyExists(bucket.name, field, own(record, field));
    }
  }
}

function refuseOtherVersion({ bucket, key, after }: Slot, expected: number | undefined): void {
  const actual = after?.record._version ?? null;
  if (expected !== undefined && actual !== expected) throw otherVersion(bucket.name, key, expected, actual);
}

/** Reserves numbers for several inserts at once. */
export async function reserveNumbers(work: Work, bucket: Bucket, count: number): Promise<void> {
  if (count < 2) return;
  work.numbers.set(bucket.name, await takeNumbers(work.ports.table, bucket.name, count));
}

async function takeNumber(work: Work, bucket: string): Promise<number> {
  const reserved = work.numbers.get(bucket)?.shift();
  if (reserved !== undefined) return reserved;
  const [taken] = await takeNumbers(work.ports.table, bucket, 1);
  return taken ?? Number.NaN;
}

/**
 * Raising the counter above this would soon exhaust its numbers. Higher numbers that clients choose are out of its
 * reach.
 */
const highestRaise = 2 ** 52;

/** The counter never assigns a number that a client has chosen. */
async function raiseTo(work: Work, { name, definition: { schema } }: Bucket, data: Fields): Promise<void> {
  const chosen = Object.entries(schema)
    .filter(([, { generated }]) => generated === 'autoincrement')
    .map(([field]) => own(data, field));
  for (const number of chosen) {
    if (!Number.isSafeInteger(number) || Number(number) > highestRaise) continue;
    await raiseNumbers(work.ports.table, name, Math.max(Number(number), 0));
  }
}
