import * as z from 'zod/mini';
import type { Contract } from '../core/contract.ts';
import { operation } from '../core/contract.ts';
import { JsonObject } from '../core/json-object.ts';
import { operationsWith } from '../core/noex-operations.ts';

/**
 * The reactive store as noex's clients know it: typed collections of records, read and written over a socket. An
 * answered change is durable, and every request sent after the answer sees it. Records have the fields of their schema,
 * any other fields that clients gave them, and `_version`, `_createdAt`, `_updatedAt`; with a lifetime `_expiresAt`
 * too.
 */

const reading = { caller: 'anyone', scope: 'read' } as const;
const writing = { caller: 'anyone', scope: 'write' } as const;
const noBucket = 'bucket_not_defined' as const;
const noRecord = ['unacceptable_record', 'already_exists', 'transaction_too_large'] as const;

const Bucket = () => z.string().check(z.minLength(1), z.describe('Name of a bucket.'));
const Key = () => z.union([z.string(), z.number()]).check(z.describe('Key of a record; 1 and "1" are different keys.'));
const Data = () => JsonObject().check(z.describe('Fields of a record.'));
const Filter = () =>
  JsonObject().check(z.describe('{field: value or {$operator: operand}}; all must hold. $or and $and nest.'));
const MaybeFilter = () => z.nullish(Filter());
const Record = () => JsonObject().check(z.describe('A record.'));
const Records = () => z.array(Record());
const Count = () => z.int().check(z.minimum(1));
const Field = () => z.string().check(z.minLength(1));
const ExpectedVersion = () =>
  z.optional(z.int()).check(z.describe('The server refuses with CONFLICT unless the record has this version.'));
const Names = () => z.object({ count: z.int(), names: z.array(z.string()) });
const PerBucket = () => z.object({ total: z.int(), perBucket: z.record(z.string(), z.int()) });

const read = operationsWith({ access: reading, errors: [noBucket, 'too_large'] });

const figure = <Type extends string>(type: Type, summary: string) =>
  read(
    type,
    summary,
    () => z.object({ bucket: Bucket(), field: Field(), filter: MaybeFilter() }),
    () => z.nullable(z.number()),
  );

export const storeContract = {
  operations: {
    insert: operation({
      summary: 'Add a record. The server generates absent fields, or sets their defaults.',
      access: writing,
      errors: [noBucket, ...noRecord],
      input: () => z.object({ bucket: Bucket(), data: Data() }),
      output: Record,
      socket: { dialect: 'noex', type: 'store.insert', reply: 'result', runsIn: 'store' },
    }),
    get: read(
      'store.get',
      'Read a record by its key; null if there is none.',
      () => z.object({ bucket: Bucket(), key: Key() }),
      () => z.nullable(Record()),
    ),
    update: operation({
      summary: 'Change fields of a record. Parallel updates of different fields all take effect.',
      access: writing,
      errors: [noBucket, 'not_found', 'conflict', ...noRecord],
      input: () => z.object({ bucket: Bucket(), key: Key(), data: Data(), expectedVersion: ExpectedVersion() }),
      output: Record,
      socket: { dialect: 'noex', type: 'store.update', reply: 'result', runsIn: 'store' },
    }),
    delete: operation({
      summary:
        'Remove a record, and all records that refer to it with cascade. Removing a record that does not exist succeeds.',
      access: writing,
      errors: [noBucket, 'conflict', 'transaction_too_large'],
      input: () => z.object({ bucket: Bucket(), key: Key(), expectedVersion: ExpectedVersion() }),
      output: () => z.object({ deleted: z.literal(true) }),
      socket: { dialect: 'noex', type: 'store.delete', reply: 'result', runsIn: 'store' },
    }),
    all: read(
      'store.all',
      'Read all records, in the order of insertion.',
      () => z.object({ bucket: Bucket() }),
      Records,
    ),
    where: read(
      'store.where',
      'Read the records that match, in the order of insertion.',
      () => z.object({ bucket: Bucket(), filter: Filter() }),
      Records,
    ),
    findOne: read(
      'store.findOne',
      'Read the first record that matches; null if none does.',
      () => z.object({ bucket: Bucket(), filter: Filter() }),
      () => z.nullable(Record()),
    ),
    count: read(
      'store.count',
      'Count the records that match, or all.',
      () => z.object({ bucket: Bucket(), filter: MaybeFilter() }),
      () => z.int(),
    ),
    first: read('store.first', 'Read the first records.', () => z.object({ bucket: Bucket(), n: Count() }), Records),
    last: read(
      'store.last',
      'Read the last records, in ascending order.',
      () => z.object({ bucket: Bucket(), n: Count() }),
      Records,
    ),
    paginate: read(
      'store.paginate',
      'Read a page of records after a key.',
      () => z.object({ bucket: Bucket(), limit: Count(), after: z.optional(z.unknown()) }),
      () => z.object({ records: Records(), hasMore: z.boolean(), nextCursor: z.optional(z.unknown()) }),
    ),
    clear: operation({
      summary: 'Remove all records at once, even those that other records refer to.',
      access: writing,
      errors: [noBucket],
      input: () => z.object({ bucket: Bucket() }),
      output: () => z.object({ cleared: z.literal(true) }),
      socket: { dialect: 'noex', type: 'store.clear', reply: 'result', runsIn: 'store' },
    }),
    sum: figure('store.sum', 'Add up the numbers of a field.'),
    avg: figure('store.avg', 'Compute the mean of a field’s numbers; 0 if there are none.'),
    min: figure('store.min', 'Find the least number of a field; null if there is none.'),
    max: figure('store.max', 'Find the greatest number of a field; null if there is none.'),
    buckets: operation({
      summary: 'List the names of all buckets.',
      access: reading,
      errors: [],
      input: () => z.object({}),
      output: Names,
      socket: { dialect: 'noex', type: 'store.buckets', reply: 'result', runsIn: 'store' },
    }),
    stats: operation({
      summary: 'Read statistics: buckets, records, indexes, queries and subscriptions.',
      access: reading,
      errors: [],
      input: () => z.object({}),
      output: () =>
        z.object({
          name: z.string(),
          buckets: Names(),
          records: PerBucket(),
          indexes: PerBucket(),
          queries: z.object({ defined: z.int(), activeSubscriptions: z.int() }),
          persistence: z.object({ enabled: z.boolean() }),
          ttl: z.object({ enabled: z.boolean(), checkIntervalMs: z.int() }),
        }),
      socket: { dialect: 'noex', type: 'store.stats', reply: 'result', runsIn: 'store' },
    }),
    insertMany: operation({
      summary: 'Add records, all or none.',
      access: writing,
      errors: [noBucket, ...noRecord],
      input: () => z.object({ bucket: Bucket(), data: z.array(Data()) }),
      output: Records,
      socket: { dialect: 'noex', type: 'store.insertMany', reply: 'result', runsIn: 'store' },
    }),
    updateMany: operation({
      summary:
        'Change every record that matches, one by one, and answer how many. If one is refused, the earlier ones stay changed.',
      access: writing,
      errors: [noBucket, ...noRecord],
      input: () => z.object({ bucket: Bucket(), filter: Filter(), data: Data() }),
      output: () => z.int(),
      socket: { dialect: 'noex', type: 'store.updateMany', reply: 'result', runsIn: 'store' },
    }),
    deleteMany: operation({
      summary: 'Remove every record that matches, and answer how many.',
      access: writing,
      errors: [noBucket, 'conflict', 'transaction_too_large'],
      input: () => z.object({ bucket: Bucket(), filter: Filter() }),
      output: () => z.int(),
      socket: { dialect: 'noex', type: 'store.deleteMany', reply: 'result', runsIn: 'store' },
    }),
    upsert: operation({
      summary: 'Change the record with this key, or add it.',
      access: writing,
      errors: [noBucket, ...noRecord],
      input: () => z.object({ bucket: Bucket(), data: Data() }),
      output: Record,
      socket: { dialect: 'noex', type: 'store.upsert', reply: 'result', runsIn: 'store' },
    }),
    groupBy: read(
      'store.groupBy',
      'Group records by equal values of a field or of several, and aggregate each group.',
      () =>
        z.object({
          bucket: Bucket(),
          field: z.union([Field(), z.array(Field()).check(z.minLength(1))]),
          aggregate: z.object({
            function: z.enum(['count', 'sum', 'avg', 'min', 'max']),
            field: z.optional(Field()),
          }),
          filter: MaybeFilter(),
        }),
      () => z.array(z.object({ key: JsonObject(), value: z.nullable(z.number()) })),
    ),
    transaction: operation({
      summary: 'Run several operations in order: all take effect or none, and all become visible at once.',
      access: writing,
      errors: [noBucket, 'not_authorized', 'not_found', 'conflict', ...noRecord],
      input: () =>
        z.object({
          operations: z
            .unknown()
            .check(z.describe('{op, bucket, key?, data?, filter?, expectedVersion?}, one after another.')),
        }),
      output: () => z.object({ results: z.array(z.object({ index: z.int(), data: z.unknown() })) }),
      socket: { dialect: 'noex', type: 'store.transaction', reply: 'result', runsIn: 'store' },
    }),
  },
  pushes: {},
} as const satisfies Contract;
