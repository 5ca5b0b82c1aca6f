import type { Ports } from '../../functions/core/ports.ts';
import type { Arbitrary } from './arbitrary.ts';

/**
 * Processes whose I/Os run one at a time in a random order, which is the same for the same seed. A process may die at
 * an I/O, before it has taken effect or after it.
 */
export interface Interleaving {
  /**
   * Starts a process. Each I/O through its ports waits for its turn.
   * @param diesAfter so many I/Os; without it the process lives
   */
  begin(run: (ports: Ports) => Promise<void>, diesAfter?: number): void;
  /** Runs all I/Os until no process waits any more. @throws what a process threw */
  finish(): Promise<void>;
}

interface Process {
  /** The process with the highest rank goes first. */
  rank: number;
  /** How many I/Os it has left. */
  left: number;
}

/** Ranks change once in so many I/Os. In between, some processes rest for long, which most races need. */
const steps = 12;
const ranks = 1_000;

export function interleaving(base: Ports, any: Arbitrary): Interleaving {
  const waiting: { readonly process: Process; readonly run: () => Promise<void> }[] = [];
  const thrown: unknown[] = [];

  function portsOf(process: Process): Ports {
    const inTurn = <T extends object>(port: T): T =>
      new Proxy(port, {
        get(target, name) {
          const value: unknown = Reflect.get(target, name);
          if (typeof value !== 'function') return value;
          return (...args: unknown[]) =>
            new Promise((resolve, reject) => {
              const run = async () => {
                process.left -= 1;
                const isDead = process.left < 0;
                if (isDead && (process.left < -1 || any.integer(2) === 0)) return;
                try {
                  const answer: unknown = await value.apply(target, args);
                  if (!isDead) resolve(answer);
                } catch (cause) {
                  if (!isDead) reject(cause);
                }
              };
              waiting.push({ process, run });
            });
        },
      });
    return Object.create(base, {
      table: { value: inTurn(base.table) },
      connections: { value: inTurn(base.connections) },
      blobs: { value: inTurn(base.blobs) },
      fanOut: { value: inTurn(base.fanOut) },
      gateway: { get: () => inTurn(base.gateway) },
    });
  }

  /** Takes the next waiting I/O out of the queue. */
  function takeNext() {
    const isAnybodys = any.integer(4) === 0;
    const highest = Math.max(...waiting.map(({ process }) => process.rank));
    const among = isAnybodys ? waiting : waiting.filter(({ process }) => process.rank === highest);
    const next = among[any.integer(Math.max(1, among.length))];
    if (!next) return undefined;
    waiting.splice(waiting.indexOf(next), 1);
    if (any.integer(steps) === 0) next.process.rank = any.integer(ranks);
    return next;
  }

  return {
    begin(run, diesAfter = Number.POSITIVE_INFINITY) {
      const process = { rank: any.integer(ranks), left: diesAfter };
      run(portsOf(process)).catch((cause) => thrown.push(cause));
    },
    async finish() {
      for (;;) {
        // By then, everything that can continue without an I/O has done so.
        await new Promise((resolve) => setImmediate(resolve));
        if (thrown.length > 0) throw thrown[0];
        const next = takeNext();
        if (!next) return;
        await next.run();
      }
    },
  };
}
