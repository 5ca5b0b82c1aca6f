import * as z from 'zod/mini';
import { operation } from '../core/contract.ts';
import { Keys } from '../memory/contract.ts';

/** What operators may see, with a token of their own in the header `X-Admin-Token`. */
export const administrationContract = {
  operations: {
    inspectInstance: operation({
      summary:
        'Everything in an instance, for operators: the header `X-Admin-Token` has to be the setting `ADMIN_TOKEN`.',
      input: () =>
        z.object({
          objectId: z.string().check(z.minLength(1), z.maxLength(256), z.describe('The id of the instance.')),
          cursor: z
            .optional(z.string().check(z.maxLength(4_096)))
            .check(z.describe('`next` of the last answer, where there was more.')),
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
