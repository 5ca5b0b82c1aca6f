import { type Expression, ex } from '../core/expression.ts';
import { keys, sizesOf } from '../core/keys.ts';
import { own } from '../core/own.ts';
import type { Ports } from '../core/ports.ts';
import type { Item, Key, QueryInput } from '../core/table.ts';
import type { Bucket } from './bucket.ts';
import { indexText, isRecordKey, keyText, numberIndexPrefix, type RecordKey } from './key-text.ts';
import { merged, type Partitioned, partitionsOf, placeOf } from './partitions.ts';
import type { StoredRecord } from './validate-record.ts';

/** A record with its data in the table. */
export interface Row {
  readonly key: RecordKey;
  readonly record: StoredRecord;
  /** Its place in the order of insertion; an update does not move it. */
  readonly place: string;
  /** Changes with every write: a row with the same tag has not changed. */
  readonly tag: string;
}

type Needed = Pick<Ports, 'table' | 'clock'>;

/** The table deletes expired rows only this long after they expire; no reader sees them meanwhile. */
const keptAfterExpiryMs = 3_600_000;
/** Rows per page in a long read. */
const pageRows = 1_000;

/**
 * The item of a row. The record is stored as JSON text, which preserves every number and every depth. Rows of a bounded
 * bucket have no time to live, because they are counted.
 */
export function itemOf(bucket: Bucket, { key, record, place, tag }: Row): Key & Item {
  const { _expiresAt } = record;
  const isBounded = bucket.definition.maxSize !== undefined;
  return {
    ...rowKey(bucket, key),
    body: JSON.stringify(record),
    tag,
    l0: place,
    ...indexEntries(bucket, record, place),
    ...(_expiresAt === undefined ? {} : { exp: _expiresAt }),
    ...(_expiresAt === undefined || isBounded ? {} : { ttl: Math.ceil((_expiresAt + keptAfterExpiryMs) / 1000) }),
    derives: 'store',
  };
}

/** The values in the indexes `lsi1` to `lsi4`, by attribute. */
export function indexEntries({ indexed }: Pick<Bucket, 'indexed'>, record: StoredRecord, place: string) {
  return Object.fromEntries(indexed.map((field, at) => [`l${at + 1}`, indexEntry(record, field, place)]));
}

/** Undefined for a value that no equality finds; it is not in the index. */
function indexEntry(record: StoredRecord, field: string, place: string): string | undefined {
  const text = indexText(own(record, field));
  return text === undefined ? undefined : `${text}#${place}`;
}

export const rowKey = (bucket: Partitioned, key: RecordKey): Key => placeOf(bucket, keyText(key));

/** @returns undefined for an expired row, which no reader may see */
export function rowOf(
  { definition }: Pick<Bucket, 'definition'>,
  item: Item | undefined,
  now: number,
): Row | undefined {
  if (!item || (typeof item.exp === 'number' && item.exp <= now)) return undefined;
  const record = JSON.parse(String(item.body)) as StoredRecord; // written by itemOf only
  const key = own(record, definition.key);
  if (!isRecordKey(key)) throw new Error('A record without a key cannot have been written.');
  return { key, record, place: String(item.l0), tag: String(item.tag) };
}

/** The condition that no readable row exists at this key. */
export const isFree = (now: number): Expression => ex`attribute_not_exists(pk) OR exp <= ${now}`;

/** The condition that the row has not changed since it was read. */
export const isUnchanged = ({ tag }: Row): Expression => ex`tag = ${tag}`;

export async function readRow({ table, clock }: Needed, bucket: Bucket, key: RecordKey): Promise<Row | undefined> {
  return rowOf(bucket, await table.get(rowKey(bucket, key)), clock.now());
}

/** Cursors are exclusive. */
interface Range {
  /** Includes expired rows. */
  readonly evenExpired?: boolean;
  readonly backward?: boolean;
  /** The number of rows that will probably be enough. */
  readonly about?: number;
}

/** Rows in the order of insertion. */
export function rowsByTime(ports: Needed, bucket: Bucket, range: Range & { after?: string } = {}): AsyncGenerator<Row> {
  return inAll(bucket, range, byPlace, (pk) => pages(ports, bucket, { pk, index: 'lsi0' }, range, 'l0', range.after));
}

/** Rows in the order of their keys. */
export function rowsByKey(
  ports: Needed,
  bucket: Bucket,
  range: Range & { after?: RecordKey } = {},
): AsyncGenerator<Row> {
  const after = range.after === undefined ? undefined : keyText(range.after);
  return inAll(bucket, range, byKeyText, (pk) => pages(ports, bucket, { pk }, range, 'sk', after));
}

/** Rows with a number in an indexed field, by that number. */
export function rowsByNumber(ports: Needed, bucket: Bucket, field: string, range: Range): AsyncGenerator<Row> {
  const at = bucket.indexed.indexOf(field) + 1;
  const numbers = { from: numberIndexPrefix, to: `${numberIndexPrefix}~` };
  const byNumber = (one: Row, other: Row) => Number(own(one.record, field)) - Number(own(other.record, field));
  return inAll(bucket, range, byNumber, (pk) =>
    pages(ports, bucket, { pk, index: lsi(at), ...numbers }, range, `l${at}`, undefined),
  );
}

/** Rows whose indexed field has a value; within each partition in the order of insertion. */
export async function rowsWith(
  { table, clock }: Needed,
  bucket: Bucket,
  field: string,
  value: unknown,
): Promise<Row[]> {
  const text = indexText(value);
  if (text === undefined) return [];
  const index = lsi(bucket.indexed.indexOf(field) + 1);
  const partitions = partitionsOf(bucket).map((pk) => table.query({ pk, index, beginsWith: `${text}#` }));
  const items = (await Promise.all(partitions)).flat();
  const now = clock.now();
  // Different long values have different hashes, and callers compare the value itself.
  return items.flatMap((item) => rowOf(bucket, item, now) ?? []);
}

/** The number of rows, without fetching their contents. */
export async function countRows({ table, clock }: Needed, bucket: Bucket): Promise<number> {
  if (bucket.isCounted && bucket.definition.ttl === undefined) {
    const shares = await table.query({ pk: sizesOf(bucket.name, bucket.generation) });
    return shares.reduce(
      (sum, { sk, rows }) => sum + (sk === keys.size(bucket.name, bucket.generation).sk ? 0 : Number(rows)),
      0,
    );
  }
  const items = (await Promise.all(partitionsOf(bucket).map((pk) => table.query({ pk, only: ['exp'] })))).flat();
  const now = clock.now();
  return items.filter(({ exp }) => !(typeof exp === 'number' && exp <= now)).length;
}

/** In the order of insertion. */
export const byPlace = (one: Row, other: Row): number => (one.place < other.place ? -1 : 1);
/** In the table's order. */
const byKeyText = (one: Row, other: Row): number =>
  Buffer.compare(Buffer.from(keyText(one.key)), Buffer.from(keyText(other.key)));

/** Reads the rows of each partition in order, and merges them. */
function inAll(
  bucket: Bucket,
  { backward = false }: Range,
  compare: (one: Row, other: Row) => number,
  rowsOf: (pk: string) => AsyncGenerator<Row>,
): AsyncGenerator<Row> {
  const sources = partitionsOf(bucket).map(rowsOf);
  const [only] = sources;
  if (only && sources.length === 1) return only;
  return merged(sources, backward ? (one, other) => compare(other, one) : compare);
}

/** The name of the local index at this position. */
const lsi = (at: number) => `lsi${at}` as NonNullable<QueryInput['index']>;

/** Yields page after page; reads each on demand. Ranges include their ends, so the cursor's own row is skipped. */
async function* pages(
  { table, clock }: Needed,
  bucket: Bucket,
  input: Pick<QueryInput, 'pk' | 'index' | 'from' | 'to'>,
  { backward = false, about = pageRows, evenExpired = false }: Range,
  attribute: string,
  after: string | undefined,
): AsyncGenerator<Row> {
  let cursor = after;
  let limit = Math.min(about, pageRows) + (after === undefined ? 0 : 1);
  for (;;) {
    const bound = cursor === undefined ? {} : backward ? { to: cursor } : { from: cursor };
    const items = await table.query({ backward, limit, ...input, ...bound });
    const now = evenExpired ? Number.NEGATIVE_INFINITY : clock.now();
    for (const item of items) {
      if (item[attribute] === cursor) continue;
      const row = rowOf(bucket, item, now);
      if (row) yield row;
    }
    if (items.length < limit) return;
    cursor = String(items.at(-1)?.[attribute]);
    limit = pageRows;
  }
}
