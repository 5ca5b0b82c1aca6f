/**
 * The entry point of a worker thread that plays one Lambda execution environment: loads the bundle, then handles one
 * event after the other. It sees the environment it was given and nothing of the host's.
 */
import { flushCompileCache } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import { callsOf } from './calls.ts';
import type { EnvironmentData, FromWorker, Invocation } from './protocol.ts';

const { connections, module, exported, context }: EnvironmentData = workerData;
// Set for this thread's start only; the function must see no more than it would on AWS.
delete process.env.NODE_COMPILE_CACHE;
const calls = callsOf(connections);

if (parentPort !== null) {
  const host = parentPort;
  const say = (message: FromWorker) => host.postMessage(message);
  try {
    const handler = await loadHandler();
    host.on('message', (invocation: Invocation) => void handle(handler, invocation, say));
    say({ kind: 'ready' });
    // Later environments of the same function then start from compiled code; a killed thread would not write it.
    flushCompileCache();
  } catch (error) {
    say({ kind: 'unusable', message: describe(error) });
  }
}

type Handler = (event: unknown, context: unknown) => unknown;

async function loadHandler(): Promise<Handler> {
  const loaded: Readonly<Record<string, unknown>> = await import(module);
  const handler = loaded[exported];
  if (typeof handler !== 'function') throw new Error(`${module} exports no function named ${exported}.`);
  // Whatever function it is, it is called as Lambda calls it.
  return handler as Handler;
}

async function handle(handler: Handler, invocation: Invocation, say: (message: FromWorker) => void): Promise<void> {
  const { requestId, deadline } = invocation;
  calls.begin(invocation);
  try {
    const result = await handler(JSON.parse(invocation.event), {
      ...context,
      awsRequestId: requestId,
      callbackWaitsForEmptyEventLoop: true,
      getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
    });
    say({ kind: 'returned', requestId, payload: JSON.stringify(result) });
    // A moment later, when what has just been answered has been tidied up.
    setImmediate(() => {
      const left = calls.outstanding(invocation);
      if (left !== undefined) say({ kind: 'outstanding', what: left });
    });
  } catch (error) {
    console.error(error);
    say({ kind: 'threw', requestId, message: describe(error) });
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
