import * as z from 'zod/mini';
import type { Contract } from '../core/contract.ts';
import { operation } from '../core/contract.ts';

/** What CasualOS's clients do over an open socket instead of HTTP: they call procedures and synchronize clocks. */

const TimeMs = () => z.number().check(z.describe('Milliseconds since 1970.'));
const RequestId = () => z.union([z.number(), z.string().check(z.maxLength(256))]);
const Texts = () => z.record(z.string(), z.string());

const Request = () =>
  z.object({
    path: z.string().check(z.maxLength(4_096), z.regex(/^\//, 'a path begins with a slash')),
    method: z.enum(['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'HEAD']),
    pathParams: z.optional(z.nullable(Texts())),
    query: z.optional(z.nullable(Texts())),
    headers: z.optional(z.nullable(Texts())),
    body: z.optional(z.nullable(z.string())),
  });

const timeSync = (type: 'sync/time' | 'repo/time_sync') =>
  operation({
    summary: 'Synchronize clocks: the answer says when the server received the message, and when it sent the answer.',
    access: { caller: 'anyone', scope: 'read' },
    errors: [],
    input: () => z.object({ id: RequestId(), clientRequestTime: TimeMs() }),
    output: () =>
      z.object({
        type: z.literal('sync/time/response'),
        id: RequestId(),
        clientRequestTime: TimeMs(),
        serverReceiveTime: TimeMs(),
        serverTransmitTime: TimeMs(),
      }),
    socket: { dialect: 'casualos', type, reply: 'sync/time/response' },
  });

export const socketHttpContract = {
  operations: {
    request: operation({
      summary: 'Make a request to the HTTP API over the socket. It has the socket’s Origin and IP address.',
      access: { caller: 'anyone', scope: 'read' },
      errors: ['too_large'],
      input: () => z.object({ id: RequestId(), request: Request() }),
      output: () =>
        z.object({
          type: z.literal('http_response'),
          id: RequestId(),
          response: z.object({ statusCode: z.int(), headers: Texts(), body: z.string() }),
        }),
      socket: { dialect: 'casualos', type: 'http_request', reply: 'http_response' },
    }),
    syncTime: timeSync('sync/time'),
    syncTimeAlias: timeSync('repo/time_sync'),
  },
  pushes: {},
} as const satisfies Contract;
