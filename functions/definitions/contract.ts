import * as z from 'zod/mini';
import type { Contract } from '../core/contract.ts';
import { operation } from '../core/contract.ts';
import { isObject } from '../core/json.ts';

/**
 * Buckets and queries that are made while everything runs. Once answered, a change holds everywhere. What the application
 * declares in code can be looked at, and not be changed.
 */

const access = { caller: 'anyone', scope: 'write' } as const;

/** Kept as it is, key for key. */
const Definition = () =>
  z.custom<Record<string, unknown>>(isObject, { error: 'expected an object' }).check(z.meta({ type: 'object' }));
const Name = () => z.string().check(z.minLength(1));

const administration = <Type extends string, In extends z.core.$ZodType, Out extends z.core.$ZodType>(
  type: Type,
  summary: string,
  input: () => In,
  output: () => Out,
) =>
  operation({
    summary,
    access,
    errors: ['not_authorized', 'already_exists', 'bucket_not_defined', 'query_not_defined', 'transaction_too_large'],
    input,
    output,
    socket: { dialect: 'noex', type, reply: 'result' },
  });

export const definitionsContract = {
  operations: {
    defineQuery: administration(
      'store.defineQuery',
      'Define a query that clients may subscribe to: what it reads, without code.',
      () =>
        z.object({
          name: Name(),
          config: Definition().check(z.describe('{bucket, filter?, sort?, offset?, limit?, fields?, aggregate?}')),
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
              config: z.optional(Definition()),
              activeSubscriptions: z.int(),
            }),
          ),
        }),
    ),
  },
  pushes: {},
} as const satisfies Contract;
