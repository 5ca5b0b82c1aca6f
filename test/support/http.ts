import type { Ports } from '../../functions/core/ports.ts';
import type { HttpEvent } from '../../functions/http/event.ts';
import { exactRouteOf, handlersOver } from './functions.ts';

export interface RequestOptions {
  /** Sent as JSON; a text goes out as it is. */
  readonly body?: unknown;
  /** As the gateway hands them over: names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly ip?: string;
  /** A credential to show. */
  readonly as?: string | undefined;
  readonly base64?: boolean;
  /** The gateway's own route, if it has one for this request. */
  readonly routeKey?: string;
  readonly pathParameters?: Readonly<Record<string, string>>;
  /** What is left of the function's time. */
  readonly remainingMs?: number;
}

export interface HttpReply {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  // A test reads what it expects; a wrong guess fails the test.
  // biome-ignore lint/suspicious/noExplicitAny: any shape may come in
  readonly body: any;
}

export type Http = (method: string, path: string, options?: RequestOptions) => Promise<HttpReply>;

/** A small HTTP API: real events into the real handlers over these ports. */
export function httpOver(ports: Ports): Http {
  const handlers = handlersOver(() => ports);
  return async (method, path, options = {}) => {
    const { remainingMs } = options;
    const route = exactRouteOf(method, path);
    const handler = handlers[route?.runsIn ?? 'http'];
    const context = remainingMs === undefined ? {} : { getRemainingTimeInMillis: () => remainingMs };
    // The handler uses nothing else of the context.
    const answer = await handler(
      eventOf(method, path, route ? { ...route, ...options } : options, ports),
      context as Parameters<typeof handler>[1],
    );
    const text = answer.body ?? '';
    const headers = Object.entries(answer.headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)]);
    return {
      status: answer.statusCode ?? 0,
      headers: Object.fromEntries(headers),
      text,
      body: text.startsWith('{') ? JSON.parse(text) : undefined,
    };
  };
}

/** The event that the gateway makes of a request. */
export function eventOf(method: string, path: string, options: RequestOptions, { clock }: Ports): HttpEvent {
  const { body, headers = {}, ip = '203.0.113.9', as, base64 = false, routeKey = '$default', pathParameters } = options;
  const [rawPath = '', rawQueryString = ''] = path.split('?', 2);
  const query = new URLSearchParams(rawQueryString);
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  return {
    version: '2.0',
    routeKey,
    rawPath,
    rawQueryString,
    headers: {
      host: 'api.example.com',
      'content-length': String(text?.length ?? 0),
      ...(as === undefined ? {} : { authorization: `Bearer ${as}` }),
      ...headers,
    },
    ...(query.size > 0 ? { queryStringParameters: Object.fromEntries(query) } : {}),
    ...(pathParameters ? { pathParameters } : {}),
    ...(text === undefined ? {} : { body: base64 ? Buffer.from(text).toString('base64') : text }),
    isBase64Encoded: base64,
    requestContext: {
      accountId: '000000000000',
      apiId: 'api',
      domainName: 'api.example.com',
      domainPrefix: 'api',
      http: { method, path: rawPath, protocol: 'HTTP/1.1', sourceIp: ip, userAgent: 'test' },
      requestId: 'request',
      routeKey,
      stage: '$default',
      time: '20/Nov/2026:21:00:00 +0000',
      timeEpoch: clock.now(),
    },
  };
}
