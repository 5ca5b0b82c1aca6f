import * as z from 'zod/mini';
import { operation } from '../core/contract.ts';

/** Operations about the deployment itself: its health, and the procedures that it offers. */
export const aboutContract = {
  operations: {
    health: operation({
      summary: 'Health check: answers `ok` while the deployment serves requests.',
      input: () => z.unknown(),
      output: () => z.object({ status: z.literal('ok'), environment: z.string() }),
      access: { caller: 'anyone', scope: 'read' },
      errors: [],
      http: { method: 'GET', path: '/health' },
    }),
    listProcedures: operation({
      summary: 'List all procedures that clients can call by name, each with the schema of its input.',
      input: () => z.object({}),
      output: () =>
        z.object({
          procedures: z.array(
            z.object({
              name: z.string(),
              inputs: z
                .optional(z.unknown())
                .check(z.describe('Schema of the input; absent for a procedure without input.')),
              origins: z.optional(z.union([z.string(), z.literal(true)])),
              http: z.optional(z.object({ method: z.string(), path: z.string() })),
            }),
          ),
        }),
      access: { caller: 'anyone', scope: 'read' },
      errors: ['unacceptable_session_key', 'invalid_key', 'session_expired', 'user_is_banned'],
      http: { method: 'GET', path: '/api/v2/procedures' },
      procedure: { name: 'listProcedures', origins: true },
    }),
  },
  pushes: {},
};
