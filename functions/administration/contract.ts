import * as z from 'zod/mini';
import { operation } from '../core/contract.ts';
import { Keys } from '../memory/contract.ts';

/** Operations for operators, who authenticate with the header `X-Admin-Token` instead of a user credential. */
export const administrationContract = {
  operations: {
    inspectInstance: operation({
      summary:
        'Read all keys of an instance as an operator: the header `X-Admin-Token` must equal the setting `ADMIN_TOKEN`.',
      input: () =>
        z.object({
          objectId: z.string().check(z.minLength(1), z.maxLength(256), z.describe('The id of the instance.')),
          cursor: z
            .optional(z.string().check(z.maxLength(4_096)))
            .check(z.describe('`next` of the previous page; absent for the first page.')),
        }),
      output: () => z.object({ keys: Keys(), next: z.optional(z.string()) }),
      access: { caller: 'ownProof', scope: 'none' },
      errors: ['invalid_key', 'not_found'],
      http: { method: 'GET', path: '/admin/do/{objectId}', raw: true },
      runsIn: 'instances',
    }),
  },
  pushes: {},
};
