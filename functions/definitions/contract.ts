import * as z from 'zod/mini';
import type { Contract } from '../core/contract.ts';
import { JsonObject } from '../core/json-object.ts';
import { operationsWith } from '../core/noex-operations.ts';

/**
 * Buckets and queries that clients define at run time. Once the server has answered, a change is in effect everywhere.
 * Clients can read, but not change, what the application declares in code.
 */

const Bucket = () =>
  JsonObject().check(z.describe('{key, schema, indexes?, ttl?, maxSize?, etsType?, shards?, counted?}'));
const Name = () => z.string().check(z.minLength(1));

const administration = operationsWith({
  access: { caller: 'anyone', scope: 'write' },
  errors: ['not_authorized', 'already_exists', 'bucket_not_defined', 'query_not_defined', 'transaction_too_large'],
});

export const definitionsContract = {
  operations: {
    defineBucket: administration(
      'store.defineBucket',
      'Define a bucket. A dropped bucket of the same name comes back empty.',
      () => z.object({ name: Name(), config: Bucket() }),
      () => z.object({ name: Name(), created: z.literal(true) }),
    ),
    dropBucket: administration(
      'store.dropBucket',
      'Remove a bucket with all its records. Subscriptions to it end.',
      () => z.object({ name: Name() }),
      () => z.object({ name: Name(), dropped: z.literal(true) }),
    ),
    updateBucket: administration(
      'store.updateBucket',
      'Add fields or indexes to a bucket, or change the lifetime of future records. Existing records stay as they are.',
      () =>
        z.object({
          name: Name(),
          updates: JsonObject().check(
            z.describe('{addFields?, addIndexes?, ttl?}; ttl null: future records no longer expire.'),
          ),
        }),
      () => z.object({ name: Name(), updated: z.literal(true) }),
    ),
    getBucketSchema: administration(
      'store.getBucketSchema',
      'Read the definition of a bucket.',
      () => z.object({ name: Name() }),
      () => z.object({ name: Name(), config: Bucket() }),
    ),
    defineQuery: administration(
      'store.defineQuery',
      'Define a declarative query (one without code) to which clients may subscribe.',
      () =>
        z.object({
          name: Name(),
          config: JsonObject().check(z.describe('{bucket, filter?, sort?, offset?, limit?, fields?, aggregate?}')),
        }),
      () => z.object({ name: Name(), defined: z.literal(true) }),
    ),
    undefineQuery: administration(
      'store.undefineQuery',
      'Remove a query. Subscriptions to it end.',
      () => z.object({ name: Name() }),
      () => z.object({ name: Name(), undefined: z.literal(true) }),
    ),
    listQueries: administration(
      'store.listQueries',
      'List all queries: those in the application’s code and the declarative ones.',
      () => z.object({}),
      () =>
        z.object({
          queries: z.array(
            z.object({
              name: Name(),
              type: z.enum(['programmatic', 'declarative']),
              config: z.optional(JsonObject()),
              activeSubscriptions: z.int(),
            }),
          ),
        }),
    ),
  },
  pushes: {},
} as const satisfies Contract;
