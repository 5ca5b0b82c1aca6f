import { once } from 'node:events';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';

/** The connection that a streamed answer is written to. */
export interface Answering {
  /** Aborted when the client has disconnected. */
  readonly gone: AbortSignal;
  /**
   * Sends status and headers, then the body piece by piece. Resolves when all of it is handed over, or the client has
   * disconnected.
   */
  send(head: APIGatewayProxyStructuredResultV2, body: AsyncIterable<string> | Iterable<string>): Promise<void>;
}

type Handler = (event: APIGatewayProxyEventV2, answering: Answering, context: Context) => Promise<void>;

/** The global object that Lambda's Node runtime adds. */
type Runtime = typeof awslambda;

/**
 * Marks a handler as streaming: behind a function URL, Lambda sends each piece at once. Lambda's runtime provides the
 * marker as a global. Tools that only load the bundle do not have it, and get the unmarked handler.
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
      // The first write, even an empty one, sends the head.
      out.write('');
      for await (const piece of body) {
        if (gone.signal.aborted) break; // leaving the loop stops the generator of the pieces
        if (!out.write(piece)) await once(out, 'drain', { signal: gone.signal }).catch(() => {}); // gone: see above
      }
      if (gone.signal.aborted) return;
      out.end();
      await once(out, 'finish', { signal: gone.signal }).catch(() => {}); // gone: the client has disconnected
    },
  };
}
