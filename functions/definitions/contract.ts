import * as z from 'zod/mini';
import type { Contract } from '../core/contract.ts';
import { JsonObject } from '../core/json-object.ts';
import { operationsWith } from '../core/noex-operations.ts';

/**
 * Buckets and queries that are made while everything runs. Once answered, a change holds everywhere. What the application
 * declares in code can be looked at, and not be changed.
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
      'Make a bucket; one that was dropped under this name comes back empty.',
      () => z.object({ name: Name(), config: Bucket() }),
      () => z.object({ name: Name(), created: z.literal(true) }),
    ),
    dropBucket: administration(
      'store.dropBucket',
      'Remove a bucket with all its records; what is subscribed to it ends.',
      () => z.object({ name: Name() }),
      () => z.object({ name: Name(), dropped: z.literal(true) }),
    ),
    updateBucket: administration(
      'store.updateBucket',
      'Add fields or indexes to a bucket, or change the lifetime of its future records. Records stay as they are.',
      () =>
        z.object({
          name: Name(),
          updates: JsonObject().check(z.describe('{addFields?, addIndexes?, ttl?}; ttl null: none any more.')),
        }),
      () => z.object({ name: Name(), updated: z.literal(true) }),
    ),
    getBucketSchema: administration(
      'store.getBucketSchema',
      'What a bucket is, as it was defined.',
      () => z.object({ name: Name() }),
      () => z.object({ name: Name(), config: Bucket() }),
    ),
    defineQuery: administration(
      'store.defineQuery',
      'Define a query that clients may subscribe to: what it reads, without code.',
      () =>
        z.object({
          name: Name(),
          config: JsonObject().check(z.describe('{bucket, filter?, sort?, offset?, limit?, fields?, aggregate?}')),
        }),
      () => z.object({ name: Name(), defined: z.literal(true) }),
    ),
    undefineQuery: administration(
      'store.undefineQuery',
      'Take a query back; what is subscribed to it ends.',
      () => z.object({ name: Name() }),
      () => z.object({ name: Name(), undefined: z.literal(true) }),
    ),
    listQueries: administration(
      'store.listQueries',
      'Which queries there are, in code and without.',
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
