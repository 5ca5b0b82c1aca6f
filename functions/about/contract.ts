import * as z from 'zod/mini';
import { operation } from '../core/contract.ts';

/** What can be asked about the deployment itself. */
export const aboutContract = {
  operations: {
    health: operation({
      summary: 'Whether requests are answered.',
      input: () => z.unknown(),
      output: () => z.object({ status: z.literal('ok'), environment: z.string() }),
      access: { caller: 'anyone', scope: 'read' },
      errors: [],
      http: { method: 'GET', path: '/health' },
    }),
    listProcedures: operation({
      summary: 'Every procedure that can be called by name, with the form of its input.',
      input: () => z.object({}),
      output: () =>
        z.object({
          procedures: z.array(
            z.object({
              name: z.string(),
              inputs: z.optional(z.unknown()).check(z.describe('The form of the input; absent where there is none.')),
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
