import type { Clock } from './clock.ts';

/** Whether the other side is still there: sockets die without a word. */
export interface Watch {
  /** Something was heard. @param isBusy whether it owes us more; else it may be quiet for a while and is asked then */
  heard(isBusy: boolean): void;
  stop(): void;
}

interface WatchSettings {
  readonly clock: Clock;
  readonly answerTimeoutMs: number;
  readonly quietMs: number;
  readonly ask: () => void;
  /** Nothing was heard for too long. */
  readonly onSilence: () => void;
}

export function createWatch({ clock, answerTimeoutMs, quietMs, ask, onSilence }: WatchSettings): Watch {
  let cancel = () => {};
  const expect = () => {
    cancel = clock.after(answerTimeoutMs, onSilence);
  };
  return {
    heard(isBusy) {
      cancel();
      if (isBusy) {
        expect();
        return;
      }
      cancel = clock.after(quietMs, () => {
        ask();
        expect();
      });
    },
    stop: () => cancel(),
  };
}
