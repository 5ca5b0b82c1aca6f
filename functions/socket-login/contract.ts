import * as z from 'zod/mini';
import type { Contract } from '../core/contract.ts';
import { operation, push } from '../core/contract.ts';
import type { Code } from '../core/errors.ts';

/** Who a socket of a CasualOS client is: the first thing it says. */

/** What a login is refused with; the socket stays open for another one. */
export const loginRefusals = [
  'unacceptable_connection_id',
  'unacceptable_connection_token',
  'invalid_token',
  'session_expired',
  'user_is_banned',
  'not_logged_in',
] as const satisfies readonly Code[];

const LoginResult = () =>
  z.discriminatedUnion('success', [
    z.object({
      type: z.literal('login_result'),
      success: z.literal(true),
      info: z.object({
        userId: z.nullable(z.string()).check(z.describe('Null: anonymous.')),
        sessionId: z.nullable(z.string()),
        connectionId: z.string().check(z.describe('What peers see and address.')),
      }),
    }),
    z.object({
      type: z.literal('login_result'),
      success: z.literal(false),
      errorCode: z.enum(loginRefusals),
      errorMessage: z.string(),
      banReason: z.optional(z.nullable(z.string())),
    }),
  ]);

export const socketLoginContract = {
  operations: {
    login: operation({
      summary: 'Say who the connection is: by a token for somebody signed in, else by an id that the client chooses.',
      access: { caller: 'anyone', scope: 'read' },
      errors: loginRefusals,
      input: () =>
        z.object({
          connectionToken: z
            .optional(z.nullable(z.string()))
            .check(
              z.describe(
                'vCT1, then in base64: user id, session id, connection id, record name or nothing, inst, and the HMAC-SHA-256 in hexadecimal of the last three but itself, under the secret of the connection key; joined by points.',
              ),
            ),
          connectionId: z
            .optional(z.nullable(z.string()))
            .check(z.describe('Without a token: the connection is anonymous, and called this.')),
        }),
      output: LoginResult,
      socket: { dialect: 'casualos', type: 'login', reply: 'login_result' },
    }),
  },
  pushes: {
    loginResult: push({
      summary: 'Who the connection is from now on, or why it is not.',
      dialect: 'casualos',
      type: 'login_result',
      payload: LoginResult,
    }),
    rateLimitExceeded: push({
      summary: 'What the connection sends is dropped for a while; said once a second at most.',
      dialect: 'casualos',
      type: 'rate_limit_exceeded',
      payload: () =>
        z.object({
          type: z.literal('rate_limit_exceeded'),
          retryAfter: z.int().check(z.describe('Seconds.')),
          totalHits: z.int().check(z.describe('Messages in this window, when there were too many.')),
        }),
    }),
  },
} as const satisfies Contract;
