import type { BucketReader, RecordPage } from '../core/app-query.ts';
import type { AggregateFunction } from '../core/bucket-definition.ts';
import { own } from '../core/own.ts';
import type { Ports } from '../core/ports.ts';
import { aggregate, groupBy } from './aggregate.ts';
import type { Bucket } from './bucket.ts';
import { type Fields, type Filter, parseFilter } from './filter.ts';
import { isRecordKey, type RecordKey } from './key-text.ts';
import { byPlace, countRows, type Row, readRow, rowsByKey, rowsByNumber, rowsByTime, rowsWith } from './row-store.ts';
import type { StoredRecord } from './validate-record.ts';

type Needed = Pick<Ports, 'table' | 'clock'>;

/** A reader that accepts parsed filters. */
export interface StoreReader extends BucketReader {
  /** Like `where`. */
  matching(filter: Filter): Promise<StoredRecord[]>;
}

/**
 * The reader of `store.*` operations and queries: it never returns expired records, and always sees acknowledged
 * writes.
 */
export function readerOf(ports: Needed, bucket: Bucket) {
  const find = (filter: Filter | undefined) => recordsWith(ports, bucket, filter);
  const numbers = async (name: AggregateFunction, field: string, filter: Fields | undefined) =>
    aggregate(await find(filter && parseFilter(filter)), name, field);

  return {
    async get(key) {
      return isRecordKey(key) ? ((await readRow(ports, bucket, key))?.record ?? null) : null;
    },
    all: () => find(undefined),
    matching: (filter: Filter) => find(filter),
    where: (filter) => find(parseFilter(filter)),
    async findOne(filter) {
      const wanted = parseFilter(filter);
      for await (const { record } of candidates(ports, bucket, wanted)) if (wanted.matches(record)) return record;
      return null;
    },
    async count(filter) {
      const wanted = filter && parseFilter(filter);
      return !wanted || wanted.isEmpty ? countRows(ports, bucket) : (await find(wanted)).length;
    },
    first: (n) => some(n, inOrder(ports, bucket, { about: n })),
    last: async (n) => (await some(n, inOrder(ports, bucket, { about: n, backward: true }))).reverse(),
    paginate: (page) => paginate(ports, bucket, page),
    sum: async (field, filter) => (await numbers('sum', field, filter)) ?? 0,
    avg: async (field, filter) => (await numbers('avg', field, filter)) ?? 0,
    min: (field, filter) => (filter ? numbers('min', field, filter) : extreme(ports, bucket, 'min', field)),
    max: (field, filter) => (filter ? numbers('max', field, filter) : extreme(ports, bucket, 'max', field)),
    groupBy: async (field, { function: name, field: of }, filter) =>
      groupBy(await find(filter && parseFilter(filter)), field, name, of),
  } satisfies StoreReader;
}

async function recordsWith(ports: Needed, bucket: Bucket, filter: Filter | undefined): Promise<StoredRecord[]> {
  const records: StoredRecord[] = [];
  for await (const { record } of candidates(ports, bucket, filter)) {
    if (!filter || filter.matches(record)) records.push(record);
  }
  return records;
}

/** All rows that may match, in the order of insertion. */
export async function* candidates(ports: Needed, bucket: Bucket, filter: Filter | undefined): AsyncGenerator<Row> {
  const { by, values } = waysTo(bucket, filter);
  if (by === 'key') {
    const rows = await Promise.all(values.map((key) => readRow(ports, bucket, key)));
    yield* rows.filter((row) => row !== undefined).sort(byPlace);
  } else if (by === undefined) {
    yield* rowsByTime(ports, bucket);
  } else {
    yield* (await Promise.all(values.map((value) => rowsWith(ports, bucket, by.field, value)))).flat().sort(byPlace);
  }
}

/** How to find all rows that may match: by keys, by an indexed field, or by reading all, whichever reads least. */
export function waysTo(bucket: Bucket, filter: Filter | undefined): Ways {
  const equalities = filter?.equalities ?? [];
  const byKey = equalities.find(({ field }) => field === bucket.definition.key);
  if (byKey) return { by: 'key', values: byKey.values.filter(isRecordKey) };
  const [byIndex] = equalities
    .filter(({ field }) => bucket.searchable.has(field))
    .toSorted((one, other) => one.values.length - other.values.length);
  return byIndex ? { by: { field: byIndex.field }, values: byIndex.values } : { by: undefined, values: [] };
}

type Ways =
  | { readonly by: 'key'; readonly values: readonly RecordKey[] }
  | { readonly by: { readonly field: string } | undefined; readonly values: readonly unknown[] };

/** The order of `first`, `last` and `paginate`. */
function inOrder(
  ports: Needed,
  bucket: Bucket,
  { after, ...range }: { about: number; backward?: boolean; after?: Row },
): AsyncGenerator<Row> {
  if (bucket.definition.etsType === 'ordered_set') {
    return rowsByKey(ports, bucket, { ...range, ...(after ? { after: after.key } : {}) });
  }
  return rowsByTime(ports, bucket, { ...range, ...(after ? { after: after.place } : {}) });
}

async function some(n: number, rows: AsyncGenerator<Row>): Promise<StoredRecord[]> {
  const records: StoredRecord[] = [];
  for await (const { record } of rows) {
    records.push(record);
    if (records.length >= n) break;
  }
  return records;
}

async function paginate(
  ports: Needed,
  bucket: Bucket,
  { limit, after }: { readonly limit: number; readonly after?: unknown },
): Promise<RecordPage> {
  const isFirst = after === undefined || after === null;
  const from = isFirst || !isRecordKey(after) ? undefined : await readRow(ports, bucket, after);
  if (!isFirst && !from) return { records: [], hasMore: false };
  const found = await some(limit + 1, inOrder(ports, bucket, { about: limit + 1, ...(from ? { after: from } : {}) }));
  const records = found.slice(0, limit);
  const last = records.at(-1);
  return { records, hasMore: found.length > limit, ...(last ? { nextCursor: own(last, bucket.definition.key) } : {}) };
}

async function extreme(ports: Needed, bucket: Bucket, name: 'min' | 'max', field: string): Promise<number | null> {
  if (!bucket.searchable.has(field)) return aggregate(await recordsWith(ports, bucket, undefined), name, field);
  const rows = rowsByNumber(ports, bucket, field, { about: 1, backward: name === 'max' });
  for await (const { record } of rows) return aggregate([record], name, field);
  return null;
}
