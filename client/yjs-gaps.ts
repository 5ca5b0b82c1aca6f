import type { Doc } from 'yjs';
import type { Clock } from './clock.ts';

/** Whether a document lacks what something that came builds on: a frame may be lost on its way. */
export interface Gaps {
  /** Something came. */
  look(): void;
  stop(): void;
}

/** What is missing may just be late. Where it stays away it is asked for less and less often. */
const firstMs = 2_000;
const longestMs = 300_000;

/** @param ask for all that is lacked */
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
