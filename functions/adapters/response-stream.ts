import { once } from 'node:events';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';

/** Where an answer goes that comes in pieces. */
export interface Answering {
  /** Aborted when nobody listens any more. */
  readonly gone: AbortSignal;
  /** Status and headers, then the body as it comes; resolves when all of it has been handed over, or nobody listens. */
  send(head: APIGatewayProxyStructuredResultV2, body: AsyncIterable<string> | Iterable<string>): Promise<void>;
}

type Handler = (event: APIGatewayProxyEventV2, answering: Answering, context: Context) => Promise<void>;

/** What Lambda's Node runtime adds to the globals. */
type Runtime = typeof awslambda;

/**
 * A handler that Lambda lets stream: behind a function's own address each piece goes out at once. Lambda's runtime says how
 * by a global; whoever merely loads the bundle, to look at it, has none, and gets a handler that is not marked.
 */
export function streaming(handler: Handler) {
  const { awslambda: runtime } = globalThis as { readonly awslambda?: Runtime };
  const streamed = (event: APIGatewayProxyEventV2, stream: awslambda.HttpResponseStream, context: Context) =>
    handler(event, answeringTo(stream), context);
  return runtime?.streamifyResponse(streamed) ?? streamed;
}

function answeringTo(stream: awslambda.HttpResponseStream): Answering {
  const gone = new AbortController();
  stream.on('close', () => {
    if (!stream.writableFinished) gone.abort();
  });
  stream.on('error', () => gone.abort());
  return {
    gone: gone.signal,
    async send({ statusCode = 200, headers = {} }, body) {
      const out = awslambda.HttpResponseStream.from(stream, { statusCode, headers });
      // The head goes out with the first write, be it empty.
      out.write('');
      for await (const piece of body) {
        if (gone.signal.aborted) break; // leaving the loop tells whoever makes the pieces
        if (!out.write(piece)) await once(out, 'drain', { signal: gone.signal }).catch(() => {}); // gone: see above
      }
      if (gone.signal.aborted) return;
      out.end();
      await once(out, 'finish', { signal: gone.signal }).catch(() => {}); // gone: there is nobody left to tell
    },
  };
}
