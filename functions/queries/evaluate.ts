import type { AppQuery, QueryContext } from '../core/app-query.ts';
import type { QueryDefinition } from '../core/bucket-definition.ts';
import { hashOf } from '../core/canonical.ts';
import { Failure } from '../core/errors.ts';
import type { Ports } from '../core/ports.ts';
import type { Item, Table } from '../core/table.ts';
import type { Bucket } from '../store/bucket.ts';
import type { StoreReader } from '../store/bucket-reader.ts';
import { isDeclarative } from '../store/check-app.ts';
import { filterOf, resultOf } from '../store/declarative-query.ts';
import { type NamedQuery, queryNamed } from '../store/named-query.ts';
import { recordedReader } from '../store/recorded-reader.ts';
import { bucketItself, queryItself } from '../store/touches.ts';
import type { Asked } from './asked.ts';
import { definitionIn, paramsFor } from './asked.ts';

/** The result of an evaluation, and what it depends on. */
export interface Evaluated {
  readonly outcome: Result | Thrown;
  /** Names of what it depends on; see `store/touches.ts`. */
  readonly depends: ReadonlySet<string>;
  readonly buckets: ReadonlySet<string>;
  /** Which query and buckets from run time were found under their names. */
  readonly definitions: ReadonlyMap<string, string>;
  /** When the first of the read records expires. */
  readonly expiresAt: number | undefined;
}

export interface Result {
  /** JSON. */
  readonly text: string;
  /** Equal for equal results, whatever the order of their keys. */
  readonly hash: string;
}

export interface Thrown {
  readonly thrown: unknown;
}

/** The most buckets of a query, because their dependency rows are written in one transaction. */
const mostBuckets = 40;

/**
 * Runs a query on the current data: it sees every write that was acknowledged before.
 * @param reading is awaited before each read of the table
 */
export async function evaluate(ports: Ports, asked: Asked, reading: () => Promise<void>): Promise<Evaluated> {
  const depends = new Set<string>([queryItself(asked.query)]);
  const definitions = new Map<string, string>();
  const readers = new Map<string, StoreReader>();
  let expiresAt: number | undefined;
  const table = overheard(ports.table, reading, ({ exp }) => {
    if (typeof exp === 'number' && exp > ports.clock.now()) expiresAt = Math.min(exp, expiresAt ?? exp);
  });
  const needed = { table, clock: ports.clock, app: ports.app };

  function readerOf(bucket: string): StoreReader {
    if (readers.size >= mostBuckets) throw new Error(`A query may read ${mostBuckets} buckets.`);
    const reader = readers.get(bucket) ?? recordedReader(needed, bucket, (on) => depends.add(on), opened);
    readers.set(bucket, reader);
    return reader;
  }

  function opened({ name, definedAt }: Bucket): void {
    if (definedAt !== undefined) definitions.set(bucketItself(name), String(definedAt));
  }

  const outcome = await settled(async () => {
    const { query, tag } = await queryOf(ports, asked);
    if (tag !== undefined) definitions.set(queryItself(asked.query), tag);
    return run(query, asked, readerOf);
  });
  return { outcome, depends, buckets: new Set(readers.keys()), definitions, expiresAt };
}

async function settled(run: () => Promise<unknown>): Promise<Result | Thrown> {
  try {
    const result = (await run()) ?? null;
    return { text: JSON.stringify(result) ?? 'null', hash: hashOf(result) };
  } catch (thrown) {
    return { thrown };
  }
}

/** @throws Failure `query_not_defined`, also if it was redefined */
async function queryOf(ports: Ports, { query, definition }: Asked): Promise<NamedQuery> {
  const named = await queryNamed(ports, query);
  if (definitionIn(named) === definition) return named;
  throw new Failure('query_not_defined', `The query ${JSON.stringify(query)} is another one by now.`);
}

async function run(
  query: AppQuery,
  { params, session }: Asked,
  bucket: (name: string) => StoreReader,
): Promise<unknown> {
  if (isDeclarative(query)) return runDeclared(query, params, bucket(query.bucket));
  const context: QueryContext = { bucket, session: session ?? { userId: null, roles: [] } };
  return (typeof query === 'function' ? query : query.run)(context, paramsFor(query, params));
}

async function runDeclared(query: QueryDefinition, params: unknown, reader: StoreReader): Promise<unknown> {
  return resultOf(query, await reader.matching(filterOf(query, params)));
}

/** The same table, with a callback for everything that is read. */
function overheard(table: Table, reading: () => Promise<void>, heard: (item: Item) => void): Table {
  const reads: Pick<Table, 'get' | 'query'> = {
    async get(...args) {
      await reading();
      const item = await table.get(...args);
      if (item) heard(item);
      return item;
    },
    async query(...args) {
      await reading();
      const items = await table.query(...args);
      for (const item of items) heard(item);
      return items;
    },
  };
  return Object.assign(Object.create(table), reads);
}
