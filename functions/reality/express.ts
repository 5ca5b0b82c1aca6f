import { createFetchHandler, type NodeOperations } from './fetch-handler.ts';

/** The part of Express's requests and answers that this needs. */
interface ExpressRequest {
  readonly method: string;
  readonly originalUrl: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** As `express.json()` left it; undefined without a body. */
  readonly body?: unknown;
}

interface ExpressResponse {
  status(code: number): unknown;
  set(headers: Readonly<Record<string, string>>): unknown;
  send(body: string): unknown;
}

/** Nodes for Express: `app.use('/reality', express.json(), createExpressAdapter(operations))`. */
export function createExpressAdapter(operations: NodeOperations) {
  const handler = createFetchHandler(operations);
  return async ({ method, originalUrl, headers, body }: ExpressRequest, response: ExpressResponse): Promise<void> => {
    const hasBody = method !== 'GET' && method !== 'HEAD' && body !== undefined;
    const given = Object.entries(headers).flatMap(([name, value]): [string, string][] =>
      // The length is that of the original body, not of the one that is passed on.
      value === undefined || name === 'content-length' ? [] : [[name, String(value)]],
    );
    const request = new Request(new URL(originalUrl, 'http://localhost'), {
      method,
      headers: given,
      ...(hasBody ? { body: typeof body === 'string' ? body : JSON.stringify(body) } : {}),
    });
    const answer = await handler(request);
    response.status(answer.status);
    response.set(Object.fromEntries(answer.headers));
    response.send(await answer.text());
  };
}
