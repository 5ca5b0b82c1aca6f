import type { Clock } from './clock.ts';
import type { Log } from './log.ts';
import type { Chaos, Invoke } from './parts.ts';

/** Passes an event on without waiting for its result. */
export interface AsyncInvoke {
  (functionId: string, event: unknown): void;
  /** Resolves when no invocation is running. Cancels retries that are due later. */
  stop(): Promise<void>;
}

/** The pauses before Lambda's two retries. */
const retryAfterMs = [60_000, 120_000];

/** Invokes as Lambda does for events: at least once, with two retries after failures. */
export function createAsyncInvoke(invoke: Invoke, clock: Clock, log: Log, chaos?: Chaos): AsyncInvoke {
  const running = new Set<Promise<void>>();
  const retries = new Set<() => void>();

  function start(functionId: string, event: unknown, attempt: number): void {
    const run = attend(functionId, event, attempt).finally(() => running.delete(run));
    running.add(run);
  }

  async function attend(functionId: string, event: unknown, attempt: number): Promise<void> {
    const outcome = await invoke(functionId, event);
    if (outcome.ok) return;
    const pauseMs = retryAfterMs[attempt];
    if (pauseMs === undefined) {
      log(functionId, `an event was given up: ${outcome.message}`);
      return;
    }
    const cancel = clock.after(pauseMs, () => {
      retries.delete(cancel);
      start(functionId, event, attempt + 1);
    });
    retries.add(cancel);
  }

  const handOver = (functionId: string, event: unknown) => {
    for (let times = chaos?.duplicates() ? 2 : 1; times > 0; times -= 1) start(functionId, event, 0);
  };
  return Object.assign(handOver, {
    async stop() {
      while (running.size > 0) await Promise.all(running);
      for (const cancel of retries) cancel();
    },
  });
}
