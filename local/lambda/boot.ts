/**
 * The entry point of a worker thread that acts as one Lambda execution environment. It loads the bundle, then handles
 * one event after the other. It sees only its given environment variables, not those of the host.
 */
import { flushCompileCache } from 'node:module';
import { finished } from 'node:stream/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { callsOf } from './calls.ts';
import type { EnvironmentData, FromWorker, Invocation, ToWorker } from './protocol.ts';
import { awslambda, createResponseStream, isStreaming, type ResponseStream } from './response-stream.ts';

const { connections, module, exported, context }: EnvironmentData = workerData;
// Only for this thread's start; the function must not see more variables than on AWS.
delete process.env.NODE_COMPILE_CACHE;
const calls = callsOf(connections);
Object.assign(globalThis, { awslambda });

if (parentPort !== null) {
  const host = parentPort;
  const say = (message: FromWorker) => host.postMessage(message);
  try {
    const handler = await loadHandler();
    const streams = streamsTo(say);
    host.on('message', (message: ToWorker) => {
      if (message.kind === 'invoke') void handle(handler, message.invocation, say, streams);
      else streams.heard(message);
    });
    say({ kind: 'ready' });
    // Later environments of the same function then start from compiled code. A killed thread would not write it.
    flushCompileCache();
  } catch (error) {
    say({ kind: 'unusable', message: describe(error) });
  }
}

type Handler = (event: unknown, ...more: unknown[]) => unknown;

async function loadHandler(): Promise<Handler> {
  const loaded: Readonly<Record<string, unknown>> = await import(module);
  const handler = loaded[exported];
  if (typeof handler !== 'function') throw new Error(`${module} exports no function named ${exported}.`);
  // Called as Lambda calls any handler.
  return handler as Handler;
}

/** The answers that handlers stream: one at a time here, like events. */
function streamsTo(say: (message: FromWorker) => void) {
  let current: { requestId: string; stream: ResponseStream } | undefined;
  let room: (() => void) | undefined;
  return {
    open(requestId: string): ResponseStream {
      const stream = createResponseStream((piece) => {
        say({ kind: 'streamed', requestId, piece });
        return new Promise((resolve) => {
          room = resolve;
        });
      });
      current = { requestId, stream };
      return stream;
    },
    heard(message: Exclude<ToWorker, { kind: 'invoke' }>): void {
      if (message.kind === 'taken') room?.();
      else if (message.requestId === current?.requestId) current.stream.destroy();
    },
  };
}

type Streams = ReturnType<typeof streamsTo>;

async function handle(
  handler: Handler,
  invocation: Invocation,
  say: (message: FromWorker) => void,
  streams: Streams,
): Promise<void> {
  const { requestId, deadline } = invocation;
  calls.begin(invocation);
  try {
    const event = JSON.parse(invocation.event);
    const around = {
      ...context,
      awsRequestId: requestId,
      callbackWaitsForEmptyEventLoop: true,
      getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
    };
    const result = isStreaming(handler)
      ? await streamed(handler, event, around, streams.open(requestId))
      : await handler(event, around);
    say({ kind: 'returned', requestId, payload: JSON.stringify(result) });
    // A moment later, when I/O that has just ended is cleaned up.
    setImmediate(() => {
      const left = calls.outstanding(invocation);
      if (left !== undefined) say({ kind: 'outstanding', what: left });
    });
  } catch (error) {
    console.error(error);
    say({ kind: 'threw', requestId, message: describe(error) });
  }
}

/** The return value of a streaming handler is ignored; its answer is complete when its stream is. */
async function streamed(handler: Handler, event: unknown, around: object, stream: ResponseStream): Promise<void> {
  await handler(event, stream, around);
  if (!stream.writableEnded) stream.end();
  // A stream whose client has disconnected ends early, which is no failure of the handler.
  await finished(stream).catch(() => {});
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
