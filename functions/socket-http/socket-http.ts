import type * as z from 'zod/mini';
import type { SocketCaller } from '../core/caller.ts';
import { implement } from '../core/implement.ts';
import { isObject } from '../core/json.ts';
import type { Ports } from '../core/ports.ts';
import { socketHttpContract } from './contract.ts';

/**
 * HTTP over a socket. The request becomes the event that the HTTP API would have made of it, and the light function
 * answers it by all its rules. The request's own headers identify the caller; the socket determines the IP address.
 */
export const socketHttp = implement('socketHttp', socketHttpContract, {
  async request(ports, caller, { id, request }) {
    const answer = await ports.functions.invoke('http', eventOf(caller, request));
    return { type: 'http_response', id, response: responseOf(answer) } as const;
  },
  syncTime: tellTime,
  syncTimeAlias: tellTime,
});

type Request = z.output<(typeof socketHttpContract)['operations']['request']['input']>['request'];
type TimeAsked = z.output<(typeof socketHttpContract)['operations']['syncTime']['input']>;

async function tellTime({ clock }: Ports, { frame }: SocketCaller, { id, clientRequestTime }: TimeAsked) {
  const type = 'sync/time/response' as const;
  return { type, id, clientRequestTime, serverReceiveTime: frame.at, serverTransmitTime: clock.now() };
}

/** Payload format 2.0, with the fields that the function reads. */
function eventOf({ connection, frame }: SocketCaller, { path, method, query, headers, body }: Request): object {
  const [rawPath = '', ownQuery = ''] = path.split('?', 2);
  const asked = new URLSearchParams([...new URLSearchParams(ownQuery), ...Object.entries(query ?? {})]);
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath,
    rawQueryString: asked.toString(),
    headers: { ...spoken(headers ?? {}), ...(connection.origin === undefined ? {} : { origin: connection.origin }) },
    ...(asked.size > 0 ? { queryStringParameters: Object.fromEntries(asked) } : {}),
    requestContext: {
      requestId: frame.requestId,
      timeEpoch: frame.at,
      http: {
        method,
        path: rawPath,
        protocol: 'HTTP/1.1',
        sourceIp: connection.ip,
        userAgent: headers?.['user-agent'] ?? '',
      },
    },
    ...(typeof body === 'string' ? { body } : {}),
    isBase64Encoded: false,
  };
}

/** In lower case. Drops headers that say where a request comes from, because a client must not choose that. */
function spoken(headers: Readonly<Record<string, string>>): Record<string, string> {
  const named = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  return Object.fromEntries(named.filter(([name]) => name !== 'origin' && !/^x-(chorus|forwarded)-/.test(name)));
}

function responseOf(answer: unknown): { statusCode: number; headers: Record<string, string>; body: string } {
  if (!isObject(answer)) throw new Error('the light function answered nothing');
  const { statusCode, headers, body, isBase64Encoded } = answer;
  const named = Object.entries(isObject(headers) ? headers : {}).map(([name, value]) => [
    name.toLowerCase(),
    String(value),
  ]);
  const text = typeof body === 'string' ? body : '';
  return {
    statusCode: Number(statusCode ?? 200),
    headers: Object.fromEntries(named),
    body: isBase64Encoded === true ? Buffer.from(text, 'base64').toString() : text,
  };
}
