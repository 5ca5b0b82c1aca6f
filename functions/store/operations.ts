import { Failure } from '../core/errors.ts';
import { implement } from '../core/implement.ts';
import type { Ports } from '../core/ports.ts';
import { clearBucket } from './bucket-definitions.ts';
import { readerOf } from './bucket-reader.ts';
import { bucketNamed, bucketNames } from './bucket-store.ts';
import { deleteMany, insertMany, updateMany, upsert } from './bulk.ts';
import { storeContract } from './contract.ts';
import { settle } from './settle.ts';
import { stats } from './stats.ts';
import { transact } from './transaction.ts';
import { beginWork, bucketIn, load, slotAt } from './work.ts';
import { deleteFrom, insertInto, updateIn } from './writing.ts';

/**
 * The store: collections of records. Concurrent writes are retried until they succeed. All changes of one request,
 * including dependent ones, become visible at once.
 */
export const store = implement('store', storeContract, {
  insert: (ports, _, { bucket, data }) =>
    settle(ports, async (work) => insertInto(work, await bucketIn(work, bucket), data)),

  async get(ports, _, { bucket, key }) {
    const work = beginWork(ports);
    await load(work, [{ bucket, key }]);
    return (await slotAt(work, await bucketIn(work, bucket), key)).after?.record ?? null;
  },

  update: (ports, _, { bucket, key, data, expectedVersion }) =>
    settle(ports, async (work) => {
      await load(work, [{ bucket, key }]);
      return updateIn(work, await bucketIn(work, bucket), key, data, expectedVersion);
    }),

  delete: (ports, _, { bucket, key, expectedVersion }) =>
    settle(ports, async (work) => {
      await load(work, [{ bucket, key }]);
      await deleteFrom(work, await bucketIn(work, bucket), key, expectedVersion);
      return { deleted: true as const };
    }),

  all: async (ports, _, { bucket }) => (await read(ports, bucket)).all(),
  where: async (ports, _, { bucket, filter }) => (await read(ports, bucket)).where(filter),
  findOne: async (ports, _, { bucket, filter }) => (await read(ports, bucket)).findOne(filter),
  count: async (ports, _, { bucket, filter }) => (await read(ports, bucket)).count(filter ?? undefined),
  first: async (ports, _, { bucket, n }) => (await read(ports, bucket)).first(n),
  last: async (ports, _, { bucket, n }) => (await read(ports, bucket)).last(n),
  paginate: async (ports, _, { bucket, limit, after }) => (await read(ports, bucket)).paginate({ limit, after }),

  async clear(ports, _, { bucket }) {
    await clearBucket(ports, bucket);
    return { cleared: true as const };
  },

  sum: async (ports, _, { bucket, field, filter }) => (await read(ports, bucket)).sum(field, filter ?? undefined),
  avg: async (ports, _, { bucket, field, filter }) => (await read(ports, bucket)).avg(field, filter ?? undefined),
  min: async (ports, _, { bucket, field, filter }) => (await read(ports, bucket)).min(field, filter ?? undefined),
  max: async (ports, _, { bucket, field, filter }) => (await read(ports, bucket)).max(field, filter ?? undefined),
  async groupBy(ports, _, { bucket, field, aggregate: { function: name, field: of }, filter }) {
    if (name !== 'count' && of === undefined) {
      throw new Failure('unacceptable_request', `aggregate.field: ${name} needs the field whose numbers it is about`);
    }
    const figure = { function: name, ...(of === undefined ? {} : { field: of }) };
    return (await read(ports, bucket)).groupBy(field, figure, filter ?? undefined);
  },

  async buckets(ports) {
    const names = await bucketNames(ports);
    return { count: names.length, names };
  },
  stats,

  insertMany: (ports, _, input) => insertMany(ports, input),
  updateMany: (ports, _, input) => updateMany(ports, input),
  deleteMany: (ports, _, input) => deleteMany(ports, input),
  upsert: (ports, _, input) => upsert(ports, input),
  transaction: transact,
});

const read = async (ports: Ports, bucket: string) => readerOf(ports, await bucketNamed(ports, bucket));
