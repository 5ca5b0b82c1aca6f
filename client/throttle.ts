import type { Clock } from './clock.ts';

/**
 * Passes the first value on at once, and then the newest at the end of every interval, so that the last one is never
 * lost.
 */
export interface Throttle<T> {
  push(value: T): void;
  /** Drops a waiting value; the next is passed on at once. */
  reset(): void;
}

export function createThrottle<T>(clock: Clock, intervalMs: number, send: (value: T) => void): Throttle<T> {
  let waiting: { readonly value: T } | undefined;
  let cancel: (() => void) | undefined;

  function open(): void {
    cancel = undefined;
    const next = waiting;
    waiting = undefined;
    if (next) pass(next.value);
  }
  function pass(value: T): void {
    cancel = clock.after(intervalMs, open);
    send(value);
  }
  return {
    push(value) {
      if (cancel) waiting = { value };
      else pass(value);
    },
    reset() {
      cancel?.();
      cancel = undefined;
      waiting = undefined;
    },
  };
}
