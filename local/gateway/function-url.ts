import type { IncomingMessage, ServerResponse } from 'node:http';
import type { EdgePart, FunctionUrlPart, Invoke } from '../parts.ts';
import { readBody } from './body.ts';
import { gatewayError, type HttpAnswer } from './http-answer.ts';
import { httpEvent } from './http-event.ts';
import { splitUrl } from './query.ts';
import { streamTo } from './streamed-answer.ts';
import { patternOf } from './viewer-function.ts';

export interface FunctionUrlsOptions {
  readonly urls: readonly FunctionUrlPart[];
  /** The paths that the edge sends there. */
  readonly behaviors: EdgePart['behaviors'];
  readonly invoke: Invoke;
}

type Answer = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Lambda's limit for a synchronous event. */
const MAX_EVENT_BYTES = 6 * 1024 * 1024;

/**
 * Function URLs with response streaming: requests to the function's own host, or on a path that the edge sends there.
 * Undefined for all others. The only limit is the function's own timeout.
 */
export function createFunctionUrls({ urls, behaviors, invoke }: FunctionUrlsOptions) {
  const byHost = new Map(urls.map((url) => [url.host, answering(url, invoke)]));
  const paths = behaviors.map(({ pathPattern, originHost }) => ({ pattern: patternOf(pathPattern), originHost }));

  return (request: IncomingMessage): Answer | undefined => {
    const own = byHost.get(request.headers.host ?? '');
    if (own !== undefined) return own;
    const { path } = splitUrl(request.url ?? '/');
    const behavior = paths.find(({ pattern }) => pattern.test(path));
    return behavior && byHost.get(behavior.originHost);
  };
}

function answering({ id, functionId, host }: FunctionUrlPart, invoke: Invoke): Answer {
  return async (request, response) => {
    const body = await readBody(request, MAX_EVENT_BYTES);
    const match = { route: { routeKey: '$default', functionId }, pathParameters: {} };
    const event = body && httpEvent(request, body, match, { apiId: id, domainName: host, now: Date.now() });
    if (event === undefined || JSON.stringify(event).length > MAX_EVENT_BYTES) {
      return sendWhole(response, gatewayError(413, 'Request Entity Too Large'));
    }
    const streamed = streamTo(response);
    const outcome = await invoke(functionId, event, streamed.sink);
    if (outcome.ok) streamed.end();
    else if (streamed.hasBegun()) response.destroy();
    // The status of function URLs for a function that failed, or was too slow.
    else sendWhole(response, gatewayError(outcome.reason === 'timeout' ? 504 : 502, 'Internal Server Error'));
  };
}

function sendWhole(response: ServerResponse, { status, headers, body }: HttpAnswer): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.writeHead(status, { 'content-length': Buffer.byteLength(body) });
  response.end(body);
}
