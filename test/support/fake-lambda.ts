import type { Invoke, Outcome } from '../../local/parts.ts';

/** An invocation that waits for its answer. */
export interface Invocation {
  readonly functionId: string;
  /** As the function would read it, after a trip through JSON. */
  readonly event: { readonly Records: readonly Record<string, unknown>[] } & Record<string, unknown>;
  answer(payload?: unknown): void;
  fail(reason: 'error' | 'timeout' | 'crash'): void;
}

export interface FakeLambda {
  readonly invoke: Invoke;
  /** The next invocation that no test has taken yet; waits for one. */
  next(): Promise<Invocation>;
  /** Invocations that no test has taken yet. */
  readonly waiting: number;
}

/** Stands in for Lambda where a test decides when and what a function answers. */
export function createFakeLambda(): FakeLambda {
  const arrived: Invocation[] = [];
  const wanted: ((invocation: Invocation) => void)[] = [];
  return {
    invoke: (functionId, event) =>
      new Promise<Outcome>((resolve) => {
        const invocation: Invocation = {
          functionId,
          event: JSON.parse(JSON.stringify(event)),
          answer: (payload) => resolve({ ok: true, payload }),
          fail: (reason) => resolve({ ok: false, reason, message: `the function ended with ${reason}` }),
        };
        const waiter = wanted.shift();
        if (waiter) waiter(invocation);
        else arrived.push(invocation);
      }),
    next() {
      const invocation = arrived.shift();
      return invocation ? Promise.resolve(invocation) : new Promise((resolve) => wanted.push(resolve));
    },
    get waiting() {
      return arrived.length;
    },
  };
}
