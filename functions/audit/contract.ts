import * as z from 'zod/mini';
import type { Contract } from '../core/contract.ts';
import { operation } from '../core/contract.ts';

/**
 * The audit log: who requested which operation, and its result. It covers the tiers of operations that the application
 * lists, refused requests included. The server logs an operation that changes data before it begins, so that no change
 * is missing from the log.
 */

const TimeMs = () => z.number().check(z.describe('Milliseconds since 1970.'));
const Result = () => z.enum(['success', 'error']);

/** How many entries an answer has: by default, and at most. */
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
              .check(
                z.minimum(1),
                z.describe(`Default ${usualEntries}; a larger limit than ${mostEntries} counts as ${mostEntries}.`),
              ),
          ),
        }),
      output: () =>
        z.object({
          entries: z.array(
            z.object({
              timestamp: TimeMs().check(z.describe('When the request arrived.')),
              userId: z.nullable(z.string()),
              sessionId: z.string().check(z.describe('Id of the connection that sent the request.')),
              operation: z.string(),
              resource: z
                .string()
                .check(z.describe('What the request names: a bucket, name, rule, topic, key or pattern; otherwise *.')),
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
