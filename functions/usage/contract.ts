import * as z from 'zod/mini';
import { credentialErrors } from '../auth/contract.ts';
import { operation } from '../core/contract.ts';

/** Usage of AI models by callers. Times are seconds since 1970. */

export const usageContract = {
  operations: {
    listUsage: operation({
      summary: 'List the caller’s own model calls, newest first: one for each request that reached an AI provider.',
      input: () =>
        z.object({
          since: z
            ._default(z.coerce.number().check(z.int(), z.minimum(0), z.maximum(99_999_999_999)), 0)
            .check(z.describe('Seconds since 1970.')),
          limit: z._default(z.coerce.number().check(z.int(), z.minimum(1), z.maximum(1_000)), 100),
        }),
      output: () =>
        z.object({
          usage: z.array(
            z.object({
              id: z.string(),
              endpoint: z.string().check(z.describe('Path of the request.')),
              instance_id: z.string(),
              api_key_id: z.nullable(z.string()).check(z.describe('The API key of the request, if it had one.')),
              model: z.string(),
              input_tokens: z.nullable(z.int()).check(z.describe('As the provider counts them; null if it does not.')),
              output_tokens: z.nullable(z.int()),
              created_at: z.int().check(z.describe('Seconds since 1970.')),
            }),
          ),
        }),
      access: { caller: 'user', scope: 'read' },
      errors: ['not_logged_in', 'not_authorized', ...credentialErrors],
      http: { method: 'GET', path: '/api/usage' },
      runsIn: 'instances',
    }),
  },
  pushes: {},
};
