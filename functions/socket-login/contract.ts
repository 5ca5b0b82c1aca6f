import * as z from 'zod/mini';
import type { Contract } from '../core/contract.ts';
import { operation, push } from '../core/contract.ts';
import type { Code } from '../core/errors.ts';

/** The login of CasualOS's clients: the first message on their sockets, which says who they are. */

/** Errors of a refused login. The socket stays open, so that the client can try again. */
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
        connectionId: z.string().check(z.describe('The id by which peers see and address the connection.')),
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
      summary:
        'Log the connection in: with a connection token as a signed-in user, or anonymously with an id that the client chooses.',
      access: { caller: 'anyone', scope: 'read' },
      errors: loginRefusals,
      input: () =>
        z.object({
          connectionToken: z
            .optional(z.nullable(z.string()))
            .check(
              z.describe(
                '`vCT1` and six parts in base64, joined by dots: user id, session id, connection id, record name (may be empty), inst, and the hexadecimal HMAC-SHA-256 of connection id, record name and inst with the secret of the connection key.',
              ),
            ),
          connectionId: z
            .optional(z.nullable(z.string()))
            .check(z.describe('Without a token: the id of this anonymous connection.')),
        }),
      output: LoginResult,
      socket: { dialect: 'casualos', type: 'login', reply: 'login_result' },
    }),
  },
  pushes: {
    loginResult: push({
      summary: 'The result of a login: who the connection is from now on, or why the server refused it.',
      dialect: 'casualos',
      type: 'login_result',
      payload: LoginResult,
    }),
    rateLimitExceeded: push({
      summary:
        'The connection exceeds the rate limit, so the server drops its messages for a while. Sent at most once a second.',
      dialect: 'casualos',
      type: 'rate_limit_exceeded',
      payload: () =>
        z.object({
          type: z.literal('rate_limit_exceeded'),
          retryAfter: z.int().check(z.describe('Seconds.')),
          totalHits: z
            .int()
            .check(z.describe('How many messages the connection sent in this window when it exceeded the limit.')),
        }),
    }),
  },
} as const satisfies Contract;
