import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { type MessagePort, Worker } from 'node:worker_threads';
import type { Log } from '../log.ts';
import type { FunctionPart, Outcome, Piece, Sink } from '../parts.ts';
import { printLines } from './output.ts';
import { contextOf } from './platform.ts';
import type { EnvironmentData, FromWorker, Invocation, ToWorker } from './protocol.ts';

/** One execution environment: a worker thread with its own variables that handles one event at a time. */
export interface Environment {
  /**
   * Handles one event; the caller waits for the outcome before the next one. What a streaming handler writes goes to
   * the sink.
   */
  run(invocation: Invocation, sink?: Sink): Promise<Outcome>;
  /** The share of time, 0 to 1, that its thread was computing rather than waiting, since the last call. */
  load(): number;
  /** Ends the thread at once, whatever it is doing. */
  end(): void;
}

export interface EnvironmentOptions {
  readonly part: FunctionPart;
  readonly variables: Readonly<Record<string, string>>;
  /** The port for frames to clients. */
  readonly connections?: MessagePort;
  /** Folder for compiled code, so that later environments start faster. */
  readonly compileCache: string;
  readonly log: Log;
  /** Called once, when the environment has ended for any reason. It must not be used again. */
  onEnd(): void;
}

/** The time limit for loading a bundle, as on Lambda. */
const INIT_LIMIT_MS = 10_000;

/** @throws Error when the bundle cannot be loaded */
export async function startEnvironment(options: EnvironmentOptions): Promise<Environment> {
  const { part, log } = options;
  const worker = startWorker(options);
  printLines(worker.stdout, (line) => log(part.id, line));
  printLines(worker.stderr, (line) => log(part.id, line));

  let settle: ((outcome: Outcome) => void) | undefined;
  let listening: Sink | undefined;
  const { promise: started, resolve, reject } = Promise.withResolvers<void>();
  const initTimer = setTimeout(() => fail('timeout', 'Initialisation took longer than 10 s.'), INIT_LIMIT_MS);
  started.finally(() => clearTimeout(initTimer)).catch(() => {});

  function answer(outcome: Outcome): void {
    settle?.(outcome);
    settle = undefined;
  }

  function fail(reason: 'timeout' | 'crash', message: string): void {
    reject(new Error(message));
    answer({ ok: false, reason, message });
    // A thread that is already ending cannot fail to end.
    worker.terminate().catch(() => {});
  }

  const say = (message: ToWorker) => worker.postMessage(message);

  async function handOn(piece: Piece): Promise<void> {
    await listening?.take(piece);
    say({ kind: 'taken' });
  }

  worker.on('message', (message: FromWorker) => {
    if (message.kind === 'ready') resolve();
    else if (message.kind === 'unusable') fail('crash', message.message);
    else if (message.kind === 'returned') answer(returned(message.payload));
    else if (message.kind === 'threw') answer({ ok: false, reason: 'error', message: message.message });
    else if (message.kind === 'streamed') void handOn(message.piece);
    else log(part.id, `warning: returned with ${message.what}; on Lambda that would be frozen. Await it first.`);
  });
  worker.on('error', (error) => fail('crash', String(error)));
  worker.on('exit', (code) => {
    fail('crash', `The environment ended with exit code ${code}.`);
    options.connections?.close();
    options.onEnd();
  });

  await started;
  let measured = worker.performance.eventLoopUtilization();
  return {
    load() {
      const before = measured;
      measured = worker.performance.eventLoopUtilization();
      return worker.performance.eventLoopUtilization(measured, before).utilization;
    },
    run(invocation, sink) {
      const { promise, resolve: settleRun } = Promise.withResolvers<Outcome>();
      const seconds = part.timeoutSeconds.toFixed(2);
      const timer = setTimeout(
        () => fail('timeout', `Task timed out after ${seconds} seconds`),
        Math.max(0, invocation.deadline - Date.now()),
      );
      const leave = () => say({ kind: 'gone', requestId: invocation.requestId });
      settle = (outcome) => {
        clearTimeout(timer);
        sink?.gone.removeEventListener('abort', leave);
        listening = undefined;
        settleRun(outcome);
      };
      listening = sink;
      say({ kind: 'invoke', invocation });
      sink?.gone.addEventListener('abort', leave);
      return promise;
    },
    end: () => {
      worker.terminate().catch(() => {});
    },
  };
}

function startWorker({ part, variables, connections, compileCache }: EnvironmentOptions): Worker {
  const { module, exported } = entryOf(part);
  const data: EnvironmentData = {
    ...(connections === undefined ? {} : { connections }),
    module,
    exported,
    context: contextOf(part),
  };
  return new Worker(new URL('./boot.ts', import.meta.url), {
    workerData: data,
    transferList: connections === undefined ? [] : [connections],
    env: { ...variables, NODE_COMPILE_CACHE: compileCache },
    execArgv: [],
    stdout: true,
    stderr: true,
    // Room for young objects, because handlers create many, and collecting them costs more than the memory.
    resourceLimits: { maxOldGenerationSizeMb: Math.max(64, part.memoryMb), maxYoungGenerationSizeMb: 64 },
  });
}

/** `index.handler` is the export `handler` of `index.mjs`; of `index.js` or `index.cjs` if only that exists. */
function entryOf(part: FunctionPart): { module: string; exported: string } {
  const [file = 'index', exported = 'handler'] = part.handler.split(/\.(?=[^.]+$)/);
  const candidates = ['.mjs', '.js', '.cjs'].map((extension) => path.join(part.codeDir, `${file}${extension}`));
  const module = candidates.find((candidate) => existsSync(candidate)) ?? `${candidates[0]}`;
  return { module: pathToFileURL(module).href, exported };
}

/** Lambda's limit for an answer. */
const MAX_PAYLOAD_BYTES = 6 * 1024 * 1024;

function returned(payload: string | undefined): Outcome {
  if (payload !== undefined && Buffer.byteLength(payload) > MAX_PAYLOAD_BYTES) {
    return { ok: false, reason: 'error', message: 'Response payload size exceeded the maximum of 6 MB.' };
  }
  return { ok: true, payload: payload === undefined ? null : JSON.parse(payload) };
}
