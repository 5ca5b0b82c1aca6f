import * as z from 'zod/mini';
import { credentialErrors, SessionAnswer } from '../auth/contract.ts';
import { operation } from '../core/contract.ts';

/**
 * Signing in at an identity provider, in two windows: the first one starts it (an operation of the provider's own
 * capability) and asks whether it is done; the second one is sent to the provider and back, and hands over what it got.
 */

const anyone = { caller: 'anyone', scope: 'none' } as const;

export const openIdContract = {
  operations: {
    processOAuthCode: operation({
      summary: 'Hand over what an identity provider’s redirect brought. Once, and from where the sign-in was started.',
      input: () =>
        z.object({
          code: z.string().check(z.minLength(1), z.maxLength(4_096)),
          state: z.string().check(z.minLength(1), z.maxLength(256)),
        }),
      output: () => z.object({}),
      access: anyone,
      errors: ['invalid_request', 'not_supported', ...credentialErrors],
      http: { method: 'POST', path: '/api/v2/oauth/code' },
      procedure: { name: 'processOAuthCode', origins: 'account' },
    }),
    completeOAuthLogin: operation({
      summary: 'Ask for the session of a sign-in at an identity provider. `not_completed` means: ask again.',
      input: () => z.object({ requestId: z.string().check(z.minLength(1), z.maxLength(256)) }),
      output: SessionAnswer,
      access: anyone,
      errors: ['not_completed', 'invalid_request', 'not_supported', 'not_configured', ...credentialErrors],
      http: { method: 'POST', path: '/api/v2/oauth/complete' },
      procedure: { name: 'completeOAuthLogin', origins: 'account' },
    }),
  },
  pushes: {},
};
