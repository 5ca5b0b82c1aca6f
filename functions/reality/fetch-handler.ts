import type { makeHandler } from '../http/door.ts';
import { type HttpEvent, maxBodyBytes } from '../http/event.ts';

/** Answers requests in the HTTP API's event form, with the same checks, errors and headers as deployed. */
export type NodeOperations = ReturnType<typeof makeHandler>;

/**
 * Nodes for runtimes with `fetch` handlers: Bun, Deno, Workers, Fastify. Mount it at `/reality`, or at single paths
 * below.
 */
export function createFetchHandler(operations: NodeOperations): (request: Request) => Promise<Response> {
  return async (request) => {
    const answer = await operations(await eventOf(request), context);
    const headers = Object.entries(answer.headers ?? {}).map(([name, value]): [string, string] => [
      name,
      String(value),
    ]);
    const isEmpty = answer.statusCode === 204 || answer.statusCode === 304;
    return new Response(isEmpty ? null : answer.body, { status: answer.statusCode ?? 200, headers });
  };
}

/** On Lambda the context says how much time is left; here there is no time limit. */
const context = {} as Parameters<NodeOperations>[1]; // the handler asks for the time left, if there is such

async function eventOf(request: Request): Promise<HttpEvent> {
  const { pathname, search, host } = new URL(request.url);
  const { method } = request;
  const query = new URLSearchParams(search);
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: pathname,
    rawQueryString: search.slice(1),
    headers: Object.fromEntries(request.headers),
    ...(query.size > 0 ? { queryStringParameters: Object.fromEntries(query) } : {}),
    ...(request.body ? { body: await textOf(request) } : {}),
    isBase64Encoded: false,
    requestContext: {
      accountId: '',
      apiId: '',
      domainName: host,
      domainPrefix: '',
      http: { method, path: pathname, protocol: 'HTTP/1.1', sourceIp: '', userAgent: '' },
      requestId: '',
      routeKey: '$default',
      stage: '$default',
      time: '',
      timeEpoch: 0,
    },
  };
}

/** Reads a body, but of one that is too large only as much as shows that. */
async function textOf(request: Request): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of request.body ?? []) {
    parts.push(part);
    bytes += part.byteLength;
    if (bytes > maxBodyBytes) break;
  }
  return Buffer.concat(parts).toString();
}
