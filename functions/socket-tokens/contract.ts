import * as z from 'zod/mini';
import { credentialErrors } from '../auth/contract.ts';
import { operation, wholeSentence } from '../core/contract.ts';
import { cutId, Id, inInstances, Seconds } from '../projects/contract.ts';

/** Tokens that open one socket each, for clients that can send a credential only over HTTP. */

const Permission = () => z.enum(['read', 'write', 'admin']);

export const socketTokensContract = {
  operations: {
    createSocketToken: operation({
      summary:
        'Create a token that opens one socket of an instance, `/sync/{instanceId}?token=…`. It works once, within a minute.',
      input: () =>
        z.object({
          instanceId: z
            .string(wholeSentence('instanceId required'))
            .check(z.minLength(1, wholeSentence('instanceId required')), z.overwrite(cutId)),
          permission: z
            .optional(Permission())
            .check(z.describe('The highest permission of the socket; default: the caller’s own.')),
        }),
      output: () =>
        z.object({
          token: z.string(),
          expiresAt: Seconds(),
          instanceId: Id(),
          permission: Permission().check(z.describe('The requested permission, or the caller’s own if that is lower.')),
        }),
      ...inInstances,
      errors: ['not_authorized', 'not_logged_in', ...credentialErrors],
      http: { method: 'POST', path: '/api/ws-token' },
    }),
  },
  pushes: {},
};
