import * as z from 'zod/mini';
import type { Contract } from '../core/contract.ts';
import { operation, push } from '../core/contract.ts';

/**
 * Signing in by message, and the server's messages about the connection itself, as noex's clients know them. A session
 * belongs to one connection. The server may process requests of one connection in parallel, so a client waits for the
 * answer to its sign-in before it sends requests that need it.
 */

const access = { caller: 'anyone', scope: 'read' } as const;

const UserId = () => z.string().check(z.describe('The same id as over HTTP.'));
const Roles = () => z.array(z.string());
const ExpiresAt = () =>
  z.nullable(z.number()).check(z.describe('Milliseconds since 1970; null: the session lasts until the socket closes.'));
const TimeMs = () => z.number().check(z.describe('Milliseconds since 1970.'));
const CloseCode = () =>
  z
    .int()
    .check(z.describe('Close code of the socket, if the gateway supports it; API Gateway always closes with 1000.'));
const RequestId = () => z.number().check(z.describe('Id of the request that this answers.'));

export const socketAuthContract = {
  operations: {
    login: operation({
      summary: 'Sign in with a session key, an API key or a token. It replaces an earlier session of this connection.',
      access,
      errors: ['not_logged_in', 'session_revoked'],
      input: () => z.object({ token: z.string().check(z.minLength(1)) }),
      output: () => z.object({ userId: UserId(), roles: Roles(), expiresAt: ExpiresAt() }),
      socket: { dialect: 'noex', type: 'auth.login', reply: 'result', runsIn: 'store' },
    }),
    logout: operation({
      summary: 'Sign out. All subscriptions of this connection end.',
      access,
      errors: [],
      input: () => z.object({}),
      output: () => z.object({ loggedOut: z.literal(true) }),
      socket: { dialect: 'noex', type: 'auth.logout', reply: 'result', runsIn: 'store' },
    }),
    whoami: operation({
      summary: 'Read which user this connection is signed in as.',
      access,
      errors: [],
      input: () => z.object({}),
      output: () =>
        z.union([
          z.object({ authenticated: z.literal(false) }),
          z.object({ authenticated: z.literal(true), userId: UserId(), roles: Roles(), expiresAt: ExpiresAt() }),
        ]),
      socket: { dialect: 'noex', type: 'auth.whoami', reply: 'result', runsIn: 'store' },
    }),
  },
  pushes: {
    welcome: push({
      summary: 'The server’s first message on every connection.',
      dialect: 'noex',
      type: 'welcome',
      payload: () =>
        z.object({
          version: z.string(),
          serverTime: TimeMs(),
          requiresAuth: z
            .boolean()
            .check(z.describe('True: before a sign-in the server only accepts auth.* requests.')),
        }),
    }),
    result: push({
      summary: 'The answer to a request; its `data` is described with the request’s operation.',
      dialect: 'noex',
      type: 'result',
      payload: () => z.object({ id: RequestId(), data: z.unknown() }),
    }),
    ping: push({
      summary: 'Heartbeat. Answer with pong: the server closes connections that send nothing at all.',
      dialect: 'noex',
      type: 'ping',
      payload: () => z.object({ timestamp: TimeMs() }),
    }),
    system: push({
      summary:
        'News of the connection or of a subscription. `shutdown`: the server shuts down. `session_revoked`: the session has ended. `closing`: the socket closes now. `subscription_ended`: the server pushes nothing more of it. `result_too_large`: the result does not fit into a message; pushes continue once it does.',
      dialect: 'noex',
      type: 'system',
      payload: () =>
        z.union([
          z.object({ event: z.literal('shutdown'), gracePeriodMs: z.number() }),
          z.object({ event: z.literal('session_revoked'), reason: z.string() }),
          z.object({ event: z.literal('closing'), code: CloseCode(), reason: z.string() }),
          z.object({
            event: z.literal('subscription_ended'),
            subscriptionId: z.string(),
            reason: z.enum(['query_undefined', 'bucket_dropped', 'logout', 'session_expired']),
          }),
          z.object({
            event: z.literal('result_too_large'),
            subscriptionId: z.string(),
            bytes: z.int(),
            limit: z.int(),
          }),
        ]),
    }),
  },
} as const satisfies Contract;
