import { branded } from '../../functions/core/branded.ts';
import type { EpochMs } from '../../functions/core/names.ts';
import type { Clock } from '../../functions/core/ports.ts';

/** A clock on which every wait lasts until the test lets time pass. */
export function heldClock(start = Date.parse('2026-11-20T21:00:00Z')): Clock & {
  /** Resolves once something waits. */
  awaited(): Promise<void>;
  /** Ends all current waits. */
  pass(): void;
} {
  let now = start;
  let waiting: { readonly until: number; readonly resolve: () => void }[] = [];
  let arrived = Promise.withResolvers<void>();
  return {
    now: () => branded<EpochMs>(now),
    upFor: () => now - start,
    wait: (ms) =>
      new Promise((resolve) => {
        waiting.push({ until: now + ms, resolve });
        arrived.resolve();
      }),
    awaited: () => arrived.promise,
    pass() {
      const passing = waiting;
      waiting = [];
      arrived = Promise.withResolvers<void>();
      now = Math.max(now, ...passing.map(({ until }) => until));
      for (const { resolve } of passing) resolve();
    },
  };
}
