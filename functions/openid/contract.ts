import * as z from 'zod/mini';
import { credentialErrors, SessionAnswer } from '../auth/contract.ts';
import { operation } from '../core/contract.ts';

/**
 * Signing in at an identity provider, in two browser windows. The first window starts the sign-in (with an operation of
 * the provider's own capability) and polls for its session. The second goes to the provider, returns by redirect, and
 * hands over the code from that redirect.
 */

const anyone = { caller: 'anyone', scope: 'none' } as const;

export const openIdContract = {
  operations: {
    processOAuthCode: operation({
      summary:
        'Hand over `code` and `state` from an identity provider’s redirect. Works once, and only from the IP address that started the sign-in.',
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
      summary: 'Get the session of a sign-in at an identity provider. On the error `not_completed`, ask again later.',
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
