import type { Ports } from '../core/ports.ts';
import type { Item, Key, Table } from '../core/table.ts';
import type { Bucket } from './bucket.ts';
import { bucketFrom, bucketKey } from './bucket-store.ts';
import { isTooLong } from './definition-check.ts';
import { keyText, type RecordKey } from './key-text.ts';
import type { Partitioned } from './partitions.ts';
import { noBucket } from './refusals.ts';
import { type Row, rowKey, rowOf } from './row-store.ts';

/**
 * The records that one request reads by key and is about to change, all or nothing. Operations run one after another
 * over what was read once, and each sees the effects of those before it. Then the net effect is written, on the
 * condition that everything read is unchanged. Otherwise the work begins again.
 */
export interface Work {
  readonly ports: Ports;
  /** Milliseconds since 1970. */
  readonly begunAt: number;
  readonly buckets: Map<string, Bucket>;
  /** Every record that is read or written, by bucket and key. */
  readonly slots: Map<string, Slot>;
  /** Everything that was read by key was read at one moment. */
  isSnapshot: boolean;
  /** Numbers taken from buckets' counters that no record has yet. */
  readonly numbers: Map<string, number[]>;
}

/** One record. */
export interface Slot {
  readonly bucket: Bucket;
  readonly key: RecordKey;
  /**
   * As it was read; undefined: it did not exist. `unread`: it was not read, and is assumed not to exist, which the
   * write verifies.
   */
  readonly before: Row | undefined | 'unread';
  /** An expired row is still there. */
  readonly hasRemains: boolean;
  /** As it is now; undefined: it does not exist. */
  after: Row | undefined;
  /** An operation read it by its key, so the write requires that it is unchanged. */
  isChecked: boolean;
  /** A record that is written refers to it, so it must not be deleted meanwhile. */
  isReferredTo: boolean;
}

/** A record to be read; without a key only its bucket. */
export interface Wanted {
  readonly bucket: string;
  readonly key?: RecordKey;
}

export function beginWork(ports: Ports): Work {
  return {
    ports,
    begunAt: ports.clock.now(),
    isSnapshot: false,
    buckets: new Map(),
    slots: new Map(),
    numbers: new Map(),
  };
}

/**
 * Where this process last found the rows of a bucket, by names of table and bucket; beyond the maximum the oldest are
 * dropped. This is a guess: rows are read together with the bucket's row, which tells whether it was right. So a wrong
 * or forgotten one costs only a round trip. The table object cannot be the key, because each frame has its own, with
 * what was read ahead.
 */
const lastPlaces = new Map<string, Partitioned>();
const mostPlaces = 1_000;

const placeName = (table: Table, bucket: string): string => JSON.stringify([table.name, bucket]);

const lastPlaceOf = (table: Table, name: string): Partitioned =>
  lastPlaces.get(placeName(table, name)) ?? { name, generation: 0, shards: 1 };

function notePlace(table: Table, { name, generation, shards }: Bucket): void {
  const key = placeName(table, name);
  lastPlaces.delete(key);
  lastPlaces.set(key, { name, generation, shards });
  const oldest = lastPlaces.keys().next();
  if (lastPlaces.size > mostPlaces && !oldest.done) lastPlaces.delete(oldest.value);
}

/** The places where the wanted rows probably are, and those of their buckets. */
export function guessedPlaces(table: Table, wanted: readonly Wanted[]): Key[] {
  const places = wanted.flatMap(({ bucket, key }) => {
    return [bucketKey(bucket), ...(key === undefined ? [] : [rowKey(lastPlaceOf(table, bucket), key)])];
  });
  return [...new Map(places.map((place) => [`${place.pk} ${place.sk}`, place])).values()];
}

/** Reads records, and the definitions of their buckets, in one round trip. @throws Failure `bucket_not_defined` */
export async function load(work: Work, wanted: readonly Wanted[]): Promise<void> {
  const { table, app } = work.ports;
  const names = [...new Set(wanted.map(({ bucket }) => bucket))].filter((name) => !work.buckets.has(name));
  const missing = wanted.filter(
    (one): one is Required<Wanted> => one.key !== undefined && !work.slots.has(slotName(one.bucket, one.key)),
  );
  if (names.length + missing.length === 0) return;
  const impossible = names.find(isTooLong);
  if (impossible !== undefined) throw noBucket(impossible);
  const guessOf = (name: string) => work.buckets.get(name) ?? lastPlaceOf(table, name);
  const guesses = new Map(missing.map(({ bucket }) => [bucket, guessOf(bucket)]));
  const guessed = ({ bucket, key }: Required<Wanted>) => rowKey(guesses.get(bucket) ?? guessOf(bucket), key);
  const found = await fetch(table, [...names.map(bucketKey), ...missing.map(guessed)]);
  for (const name of names) {
    const bucket = bucketFrom(app, name, found(bucketKey(name)));
    work.buckets.set(name, bucket);
    notePlace(table, bucket);
  }
  const isWrong = ({ generation, shards }: Bucket, guess: Partitioned | undefined) =>
    generation !== guess?.generation || shards !== guess.shards;
  const wrong = missing.filter(({ bucket }) => isWrong(knownBucket(work, bucket), guesses.get(bucket)));
  const right = missing.filter((one) => !wrong.includes(one));
  for (const one of right) openSlot(work, knownBucket(work, one.bucket), one.key, found(guessed(one)));
  if (wrong.length > 0) await load(work, wrong);
}

/** Reads records as of one moment. Their buckets have been loaded. */
export async function loadTogether(work: Work, wanted: readonly Required<Wanted>[]): Promise<void> {
  const { table } = work.ports;
  if (wanted.length < 2) return load(work, wanted);
  const places = wanted.map(({ bucket, key }) => ({ bucket: knownBucket(work, bucket), key }));
  const unique = new Map(places.map((place) => [slotName(place.bucket.name, place.key), place]));
  const items = await table.transactGet([...unique.values()].map(({ bucket, key }) => rowKey(bucket, key)));
  [...unique.values()].forEach(({ bucket, key }, at) => {
    openSlot(work, bucket, key, items[at]);
  });
  work.isSnapshot = true;
}

/** @returns a function that finds an item among those that exist */
async function fetch(table: Table, keys: readonly Key[]): Promise<(key: Key) => Item | undefined> {
  const nameOf = ({ pk, sk }: Key) => JSON.stringify([pk.toWellFormed(), sk.toWellFormed()]);
  const [only] = keys;
  const items =
    keys.length === 1 && only
      ? [await table.get(only)].filter((item) => item !== undefined)
      : await table.batchGet(keys);
  const byName = new Map(items.map((item) => [nameOf({ pk: String(item.pk), sk: String(item.sk) }), item]));
  return (key) => byName.get(nameOf(key));
}

function openSlot(work: Work, bucket: Bucket, key: RecordKey, item: Item | undefined): void {
  const row = rowOf(bucket, item, work.ports.clock.now());
  addSlot(work, bucket, key, row, item !== undefined && row === undefined);
}

function addSlot(
  work: Work,
  bucket: Bucket,
  key: RecordKey,
  before: Row | undefined | 'unread',
  hasRemains: boolean,
): Slot {
  const slot: Slot = {
    bucket,
    key,
    before,
    hasRemains,
    after: before === 'unread' ? undefined : before,
    isChecked: false,
    isReferredTo: false,
  };
  work.slots.set(slotName(bucket.name, key), slot);
  return slot;
}

/** @throws Failure `bucket_not_defined` */
export async function bucketIn(work: Work, name: string): Promise<Bucket> {
  if (!work.buckets.has(name)) await load(work, [{ bucket: name }]);
  return knownBucket(work, name);
}

/** The record under a key; reads it if this work has not read it yet. */
export async function slotAt(work: Work, bucket: Bucket, key: RecordKey): Promise<Slot> {
  await load(work, [{ bucket: bucket.name, key }]);
  const slot = work.slots.get(slotName(bucket.name, key));
  if (!slot) throw new Error('What has just been loaded is there.');
  return slot;
}

/** The record under a key; assumes that it does not exist if this work has not read it. */
export function slotToFill(work: Work, bucket: Bucket, key: RecordKey): Slot {
  return work.slots.get(slotName(bucket.name, key)) ?? addSlot(work, bucket, key, 'unread', false);
}

/** A row that was found by something other than its key. */
export function slotOfRow(work: Work, bucket: Bucket, row: Row): Slot {
  return work.slots.get(slotName(bucket.name, row.key)) ?? addSlot(work, bucket, row.key, row, false);
}

/** Rows of a bucket as they were found in the table, with all changes of this work. */
export function asChanged(work: Work, bucket: Bucket, rows: readonly Row[]): Row[] {
  const slots = [...work.slots.values()].filter((slot) => slot.bucket.name === bucket.name);
  const untouched = rows.filter(({ key }) => !work.slots.has(slotName(bucket.name, key)));
  return [...untouched, ...slots.flatMap(({ after }) => after ?? [])].sort((a, b) => (a.place < b.place ? -1 : 1));
}

function knownBucket(work: Work, name: string): Bucket {
  const bucket = work.buckets.get(name);
  if (!bucket) throw new Error('A bucket is loaded before its rows.');
  return bucket;
}

const slotName = (bucket: string, key: RecordKey): string => JSON.stringify([bucket, keyText(key)]);
