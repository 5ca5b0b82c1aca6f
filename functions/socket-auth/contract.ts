import * as z from 'zod/mini';
import type { Contract } from '../core/contract.ts';
import { operation, push } from '../core/contract.ts';

/**
 * Signing in by message, and what the server says around requests, as noex's clients know it. A session belongs to one
 * connection. Requests of one connection may be worked on side by side: whoever needs the sign-in waits for its answer.
 */

const access = { caller: 'anyone', scope: 'read' } as const;

const UserId = () => z.string().check(z.describe('The same as over HTTP.'));
const Roles = () => z.array(z.string());
const ExpiresAt = () =>
  z.nullable(z.number()).check(z.describe('Milliseconds since 1970; null: until the socket is closed.'));
const TimeMs = () => z.number().check(z.describe('Milliseconds since 1970.'));
const CloseCode = () =>
  z
    .int()
    .check(z.describe('What the socket is closed with, where the gateway can carry it; API Gateway closes with 1000.'));
const RequestId = () => z.number().check(z.describe('Of the request that it answers.'));

export const socketAuthContract = {
  operations: {
    login: operation({
      summary: 'Sign in with a session key, an API key or a token; replaces an earlier session of this connection.',
      access,
      errors: ['not_logged_in', 'session_revoked'],
      input: () => z.object({ token: z.string().check(z.minLength(1)) }),
      output: () => z.object({ userId: UserId(), roles: Roles(), expiresAt: ExpiresAt() }),
      socket: { dialect: 'noex', type: 'auth.login', reply: 'result', runsIn: 'store' },
    }),
    logout: operation({
      summary: 'Sign out; everything this connection has subscribed to ends.',
      access,
      errors: [],
      input: () => z.object({}),
      output: () => z.object({ loggedOut: z.literal(true) }),
      socket: { dialect: 'noex', type: 'auth.logout', reply: 'result', runsIn: 'store' },
    }),
    whoami: operation({
      summary: 'Who this connection is signed in as.',
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
      summary: 'The first message of a connection, unasked.',
      dialect: 'noex',
      type: 'welcome',
      payload: () =>
        z.object({
          version: z.string(),
          serverTime: TimeMs(),
          requiresAuth: z.boolean().check(z.describe('Nothing but auth.* is answered before a sign-in.')),
        }),
    }),
    result: push({
      summary: 'The answer to a request: what each one answers stands in its description.',
      dialect: 'noex',
      type: 'result',
      payload: () => z.object({ id: RequestId(), data: z.unknown() }),
    }),
    ping: push({
      summary: 'Answer with pong: whoever says nothing at all is taken for gone.',
      dialect: 'noex',
      type: 'ping',
      payload: () => z.object({ timestamp: TimeMs() }),
    }),
    system: push({
      summary:
        'What becomes of the connection or of a subscription: the server shuts down, the sessions behind it have ended, it is closed now; a subscription has ended, or its result is too large for a message and is pushed again once it is not.',
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
