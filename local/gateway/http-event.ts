import type { IncomingMessage } from 'node:http';
import { ACCOUNT } from '../template/addresses.ts';
import type { RouteMatch } from './http-routes.ts';
import { logTime, newId, plainAddress, traceId } from './names.ts';
import { grouped, mapValues, parseQuery, splitUrl } from './query.ts';

/** Headers of a single hop, and the one that becomes `cookies`. */
const NOT_PASSED_ON = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'te', 'trailer', 'cookie']);
/** Content types that are passed as text; all others become base64. */
const TEXT = /^(text\/[^;]*|application\/(json|javascript|xml))\s*(;|$)/i;

export interface HttpEventOptions {
  readonly apiId: string;
  /** `localhost:PORT` */
  readonly domainName: string;
  readonly now: number;
}

/** An HTTP API's event, payload format 2.0. */
export function httpEvent(
  request: IncomingMessage,
  body: Buffer,
  { route, pathParameters }: RouteMatch,
  { apiId, domainName, now }: HttpEventOptions,
): Readonly<Record<string, unknown>> {
  const { path, query } = splitUrl(request.url ?? '/');
  const sourceIp = plainAddress(request.socket.remoteAddress);
  const headers = passedHeaders(request, body, sourceIp, now);
  const cookies = (request.headers.cookie ?? '').split(/;\s*/).filter((cookie) => cookie !== '');
  const isText = TEXT.test(request.headers['content-type'] ?? '');
  const { routeKey } = route;
  return {
    version: '2.0',
    routeKey,
    rawPath: path,
    rawQueryString: query,
    ...(cookies.length === 0 ? {} : { cookies }),
    headers,
    ...(query === ''
      ? {}
      : { queryStringParameters: mapValues(grouped(parseQuery(query)), (values) => values.join(',')) }),
    requestContext: {
      accountId: ACCOUNT,
      apiId,
      domainName,
      domainPrefix: domainName.split('.')[0],
      http: {
        method: request.method,
        path,
        protocol: 'HTTP/1.1',
        sourceIp,
        userAgent: request.headers['user-agent'] ?? '',
      },
      requestId: newId(),
      routeKey,
      stage: '$default',
      time: logTime(now),
      timeEpoch: now,
    },
    ...(Object.keys(pathParameters).length === 0 ? {} : { pathParameters }),
    ...(body.length === 0 ? {} : { body: body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: body.length > 0 && !isText,
  };
}

function passedHeaders(
  request: IncomingMessage,
  body: Buffer,
  sourceIp: string,
  now: number,
): Readonly<Record<string, string>> {
  const joined: Record<string, string> = {};
  for (const [name, values] of Object.entries(request.headersDistinct)) {
    if (!NOT_PASSED_ON.has(name) && values !== undefined) joined[name] = values.join(',');
  }
  const forwarded = joined['x-forwarded-for'];
  return {
    host: '',
    ...joined,
    'content-length': String(body.length),
    'x-forwarded-for': forwarded === undefined ? sourceIp : `${forwarded}, ${sourceIp}`,
    'x-forwarded-port': joined['x-forwarded-port'] ?? String(request.socket.localPort ?? ''),
    'x-forwarded-proto': joined['x-forwarded-proto'] ?? 'http',
    'x-amzn-trace-id': joined['x-amzn-trace-id'] ?? traceId(now),
  };
}
