import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Assembly, Invoke } from '../parts.ts';
import { readBody } from './body.ts';
import { createCors, noCors } from './cors.ts';
import { answerOf, gatewayError, type HttpAnswer, internalServerError } from './http-answer.ts';
import { httpEvent } from './http-event.ts';
import { createHttpRouter } from './http-routes.ts';
import { within } from './integrations.ts';
import { newId } from './names.ts';
import { splitUrl } from './query.ts';

export interface HttpApiOptions {
  readonly api: Assembly['httpApi'];
  /** `localhost:PORT` */
  readonly domainName: string;
  readonly invoke: Invoke;
  /** Longest wait for a function, ms. @default the 30 s of HTTP APIs */
  readonly integrationLimitMs?: number;
}

/** The limits of a request: 10 MB of body, 6 MB of event, 10,240 bytes of request line and header values. */
const MAX_BODY_BYTES = 10 * 1024 * 1024;
const MAX_EVENT_BYTES = 6 * 1024 * 1024;
const MAX_HEADER_BYTES = 10_240;

/** An HTTP API with its routes to functions; the answers are buffered. */
export function createHttpApi({ api, domainName, invoke, integrationLimitMs = 30_000 }: HttpApiOptions) {
  const route = createHttpRouter(api.routes);
  const cors = api.cors === undefined ? noCors : createCors(api.cors);

  async function answer(request: IncomingMessage): Promise<HttpAnswer> {
    if (headerBytes(request) > MAX_HEADER_BYTES) return gatewayError(431, 'Request Header Fields Too Large');
    const match = route(request.method ?? 'GET', splitUrl(request.url ?? '/').path);
    if (match === undefined) return gatewayError(404, 'Not Found');
    const body = await readBody(request, MAX_BODY_BYTES);
    if (body === undefined) return gatewayError(413, 'Request Entity Too Large');
    const event = httpEvent(request, body, match, { apiId: api.id, domainName, now: Date.now() });
    if (body.length * (event.isBase64Encoded === true ? 4 / 3 : 1) > MAX_EVENT_BYTES) {
      return gatewayError(413, 'Request Entity Too Large');
    }
    const outcome = await within(integrationLimitMs, invoke(match.route.functionId, event));
    if (outcome === undefined) return gatewayError(503, 'Service Unavailable');
    return outcome.ok ? answerOf(outcome.payload) : internalServerError;
  }

  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const preflight = cors.preflight(request);
    const { status, headers, body } = preflight ?? cors.dress(request, await answer(request));
    if (!request.complete) {
      request.resume();
      response.setHeader('connection', 'close');
    }
    send(response, status, { ...headers, 'apigw-requestid': newId() }, body);
  };
}

/** The size of request line and header values. */
function headerBytes(request: IncomingMessage): number {
  const values = request.rawHeaders.filter((_text, index) => index % 2 === 1);
  return (
    (request.method?.length ?? 0) + (request.url?.length ?? 0) + values.reduce((sum, each) => sum + each.length, 0)
  );
}

function send(response: ServerResponse, status: number, headers: HttpAnswer['headers'], body: Buffer | string): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  if (status !== 204 && status !== 304) response.setHeader('content-length', Buffer.byteLength(body));
  response.writeHead(status);
  response.end(body);
}
