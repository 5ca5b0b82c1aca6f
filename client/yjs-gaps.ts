import type { Doc } from 'yjs';
import type { Clock } from './clock.ts';

/** Detects when a received update depends on a missing one, because a frame may be lost. */
export interface Gaps {
  /** Call after each received update. */
  look(): void;
  stop(): void;
}

/** The missing update may just be late, so ask only after this time. Later requests are less and less frequent. */
const firstMs = 2_000;
const longestMs = 300_000;

/** @param ask requests all missing updates */
export function createGaps(doc: Doc, clock: Clock, ask: () => void): Gaps {
  let delayMs = firstMs;
  let cancel: (() => void) | undefined;
  const stop = () => {
    cancel?.();
    cancel = undefined;
  };
  return {
    look() {
      if (doc.store.pendingStructs === null) {
        stop();
        delayMs = firstMs;
        return;
      }
      cancel ??= clock.after(delayMs, () => {
        cancel = undefined;
        delayMs = Math.min(longestMs, delayMs * 2);
        ask();
      });
    },
    stop,
  };
}
