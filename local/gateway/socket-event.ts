import type { IncomingMessage } from 'node:http';
import type { SocketApiPart } from '../parts.ts';
import { logTime, newId, plainAddress, traceId } from './names.ts';
import { grouped, mapValues, parseQuery } from './query.ts';

/** The part that all events of a connection share. */
export interface ConnectionFacts {
  readonly connectionId: string;
  readonly connectedAt: number;
  readonly identity: { readonly sourceIp: string; readonly userAgent?: string };
  /** `localhost:PORT` */
  readonly domainName: string;
  readonly api: SocketApiPart;
}

export interface SocketEvent extends Readonly<Record<string, unknown>> {
  readonly requestContext: Readonly<Record<string, unknown>> & { readonly requestId: string };
}

export function factsOf(
  request: IncomingMessage,
  api: SocketApiPart,
  domainName: string,
  now: number,
): ConnectionFacts {
  const userAgent = request.headers['user-agent'];
  return {
    connectionId: newId(),
    connectedAt: now,
    identity: {
      sourceIp: plainAddress(request.socket.remoteAddress),
      ...(userAgent === undefined ? {} : { userAgent }),
    },
    domainName,
    api,
  };
}

/** `$connect`: the only event with the handshake's headers and query. */
export function connectEvent(
  facts: ConnectionFacts,
  request: IncomingMessage,
  query: string,
  now: number,
): SocketEvent {
  const headers = handshakeHeaders(request, facts, now);
  const queries = grouped(parseQuery(query));
  return {
    headers: mapValues(headers, last),
    multiValueHeaders: headers,
    ...(query === ''
      ? {}
      : { queryStringParameters: mapValues(queries, last), multiValueQueryStringParameters: queries }),
    requestContext: requestContext(facts, '$connect', 'CONNECT', now),
    isBase64Encoded: false,
  };
}

export function messageEvent(facts: ConnectionFacts, routeKey: string, body: string, now: number): SocketEvent {
  return {
    requestContext: { ...requestContext(facts, routeKey, 'MESSAGE', now), messageId: newId() },
    body,
    isBase64Encoded: false,
  };
}

export function disconnectEvent(facts: ConnectionFacts, code: number, reason: string, now: number): SocketEvent {
  const headers = {
    Host: facts.domainName,
    'x-api-key': '',
    'X-Forwarded-For': facts.identity.sourceIp,
    'x-restapi': '',
  };
  return {
    headers,
    multiValueHeaders: mapValues(headers, (value) => [value]),
    requestContext: {
      ...requestContext(facts, '$disconnect', 'DISCONNECT', now),
      disconnectStatusCode: code,
      disconnectReason: reason,
    },
    isBase64Encoded: false,
  };
}

function requestContext(facts: ConnectionFacts, routeKey: string, eventType: string, now: number) {
  const requestId = newId();
  return {
    routeKey,
    eventType,
    extendedRequestId: requestId,
    requestTime: logTime(now),
    messageDirection: 'IN',
    stage: facts.api.stage,
    connectedAt: facts.connectedAt,
    requestTimeEpoch: now,
    identity: facts.identity,
    requestId,
    domainName: facts.domainName,
    connectionId: facts.connectionId,
    apiId: facts.api.id,
  };
}

/** Names as the client sent them, with those that the gateway adds. */
function handshakeHeaders(request: IncomingMessage, facts: ConnectionFacts, now: number): Record<string, string[]> {
  const pairs: [string, string][] = [];
  for (let at = 0; at < request.rawHeaders.length; at += 2) {
    const name = request.rawHeaders[at] ?? '';
    const hop = /^(connection|upgrade)$/i.test(name);
    if (!hop) pairs.push([name, request.rawHeaders[at + 1] ?? '']);
  }
  const { sourceIp } = facts.identity;
  const forwarded = request.headers['x-forwarded-for'];
  const own: [string, string][] = [
    ['X-Forwarded-For', forwarded === undefined ? sourceIp : `${String(forwarded)}, ${sourceIp}`],
    ['X-Forwarded-Port', String(request.socket.localPort ?? '')],
    ['X-Forwarded-Proto', 'http'],
    ['X-Amzn-Trace-Id', traceId(now)],
  ];
  const replaced = new Set(own.map(([name]) => name.toLowerCase()));
  return grouped([...pairs.filter(([name]) => !replaced.has(name.toLowerCase())), ...own]);
}

function last(values: readonly string[]): string {
  return values.at(-1) ?? '';
}
