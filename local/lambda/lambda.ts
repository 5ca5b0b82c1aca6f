import type { MessagePort } from 'node:worker_threads';
import type { Log } from '../log.ts';
import type { Chaos, FunctionPart, Invoke } from '../parts.ts';
import { startEnvironment } from './environment.ts';
import { createPool, type Pool } from './pool.ts';

/** Lambda in miniature: worker threads as execution environments. */
export interface Lambda {
  readonly invoke: Invoke;
  /** Starts one environment of each function, one after the other. */
  warm(): Promise<void>;
  /** Runs the current bundles of these functions from the next event on. */
  replace(functionIds: readonly string[]): void;
  stop(): Promise<void>;
}

export interface LambdaOptions {
  readonly functions: readonly FunctionPart[];
  /** All environment variables of the function. */
  variables(part: FunctionPart): Readonly<Record<string, string>>;
  /** A port for frames to clients, one per environment; undefined for a function that gets none. */
  connections?(part: FunctionPart): MessagePort | undefined;
  /** The current folder of a function's code, for reloading. @default its folder in the cloud assembly */
  codeDir?(part: FunctionPart): string;
  /** Folder for compiled code. */
  readonly compileCache: string;
  readonly chaos?: Chaos;
  readonly log: Log;
}

/**
 * Environments per function, unless the template reserves fewer. AWS has 1,000; this many fit into a laptop's memory.
 */
const MAX_ENVIRONMENTS = 64;
/** Lambda's limit for a synchronous event. */
const MAX_EVENT_BYTES = 6 * 1024 * 1024;

export function createLambda(options: LambdaOptions): Lambda {
  const running = new Set<Promise<void>>();
  const pools = new Map<string, Pool>(options.functions.map((part) => [part.id, poolOf(part)]));

  function poolOf(part: FunctionPart): Pool {
    return createPool({
      part,
      limit: Math.max(1, Math.min(part.reservedConcurrency ?? MAX_ENVIRONMENTS, MAX_ENVIRONMENTS)),
      ...(options.chaos === undefined ? {} : { chaos: options.chaos }),
      start: (onEnd) => start(part, onEnd),
    });
  }

  function start(part: FunctionPart, onEnd: () => void) {
    const connections = options.connections?.(part);
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    running.add(ended);
    return startEnvironment({
      part: { ...part, codeDir: options.codeDir?.(part) ?? part.codeDir },
      variables: options.variables(part),
      ...(connections === undefined ? {} : { connections }),
      compileCache: options.compileCache,
      log: options.log,
      onEnd: () => {
        running.delete(ended);
        resolve();
        onEnd();
      },
    });
  }

  return {
    async invoke(functionId, event, sink) {
      const pool = pools.get(functionId);
      if (pool === undefined) return { ok: false, reason: 'error', message: `There is no function ${functionId}.` };
      const json = JSON.stringify(event);
      if (json.length > MAX_EVENT_BYTES || Buffer.byteLength(json) > MAX_EVENT_BYTES) {
        return { ok: false, reason: 'error', message: 'The event is larger than 6 MB.' };
      }
      const outcome = await pool.invoke(json, sink);
      if (!outcome.ok) options.log(functionId, `failed (${outcome.reason}): ${outcome.message}`);
      return outcome;
    },
    async warm() {
      for (const pool of pools.values()) await pool.warm();
    },
    replace(functionIds) {
      for (const id of functionIds) pools.get(id)?.replace();
    },
    async stop() {
      for (const pool of pools.values()) pool.stop();
      await Promise.all(running);
    },
  };
}
