import type { Clock } from '../../local/clock.ts';

export interface ManualClock extends Clock {
  /** Moves time forward, and runs due timers on the way, in order. */
  advance(ms: number): void;
}

/** A clock for the local runtime that stands still until it is moved. */
export function createManualClock(startMs = Date.parse('2026-11-20T21:00:00Z')): ManualClock {
  let now = startMs;
  let timers: { readonly dueAt: number; readonly task: () => void }[] = [];
  return {
    now: () => now,
    after(delayMs, task) {
      const timer = { dueAt: now + delayMs, task };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    advance(ms) {
      const end = now + ms;
      for (;;) {
        const next = timers.filter((timer) => timer.dueAt <= end).sort((a, b) => a.dueAt - b.dueAt)[0];
        if (!next) break;
        timers = timers.filter((timer) => timer !== next);
        now = Math.max(now, next.dueAt);
        next.task();
      }
      now = end;
    },
  };
}
