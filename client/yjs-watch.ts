import type { Clock } from './clock.ts';

/** Detects dead sockets, which may not report their end. */
export interface Watch {
  /**
   * Call after each received frame. @param isBusy whether more is expected; otherwise the server may be quiet for a
   * while, and is then asked for a sign of life
   */
  heard(isBusy: boolean): void;
  stop(): void;
}

interface WatchSettings {
  readonly clock: Clock;
  readonly answerTimeoutMs: number;
  readonly quietMs: number;
  readonly ask: () => void;
  /** Called when no frame has arrived for too long. */
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
