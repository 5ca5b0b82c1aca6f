import * as z from 'zod/mini';
import type { Contract } from '../core/contract.ts';
import { operation } from '../core/contract.ts';

/**
 * Who asked for what, and what became of it: operations of the tiers that the application lists, refused ones too. An
 * operation that changes anything is noted before it begins, so that nothing has happened of which the log knows nothing.
 */

const TimeMs = () => z.number().check(z.describe('Milliseconds since 1970.'));
const Result = () => z.enum(['success', 'error']);

/** Entries that are given without a limit, and at most. */
export const usualEntries = 100;
export const mostEntries = 1_000;

export const auditContract = {
  operations: {
    query: operation({
      summary: 'Read the audit log, newest first.',
      access: { caller: 'anyone', scope: 'read' },
      errors: ['too_large'],
      input: () =>
        z.object({
          userId: z.optional(z.string()),
          operation: z.optional(z.string()),
          result: z.optional(Result()),
          from: z.optional(TimeMs()),
          to: z.optional(TimeMs()),
          limit: z.optional(
            z
              .int()
              .check(z.minimum(1), z.describe(`Without it ${usualEntries}; more than ${mostEntries} are not given.`)),
          ),
        }),
      output: () =>
        z.object({
          entries: z.array(
            z.object({
              timestamp: TimeMs().check(z.describe('When it was asked for.')),
              userId: z.nullable(z.string()),
              sessionId: z.string().check(z.describe('The connection it came over.')),
              operation: z.string(),
              resource: z.string().check(z.describe('Bucket, name, rule, topic, key or pattern; else *.')),
              result: Result(),
              error: z.optional(z.string()),
              details: z.optional(z.unknown()),
              remoteAddress: z.string(),
            }),
          ),
        }),
      socket: { dialect: 'noex', type: 'audit.query', reply: 'result', runsIn: 'store' },
    }),
  },
  pushes: {},
} as const satisfies Contract;
