/** Time for the parts of the local runtime that wait, so that tests can advance it by hand. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Runs `task` once after `delayMs`; the returned function cancels it. Never keeps the process alive. */
  after(delayMs: number, task: () => void): () => void;
}

/** `setTimeout` is limited to 31 bits: later tasks are checked again once a day. */
const longestTimerMs = 24 * 60 * 60 * 1000;

export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, task) {
    const dueAt = Date.now() + delayMs;
    let timer: NodeJS.Timeout;
    const wait = (leftMs: number) => {
      timer = setTimeout(
        () => {
          const stillMs = dueAt - Date.now();
          if (leftMs > longestTimerMs && stillMs > 0) wait(stillMs);
          else task();
        },
        Math.min(leftMs, longestTimerMs),
      );
      timer.unref();
    };
    wait(Math.max(0, delayMs));
    return () => clearTimeout(timer);
  },
};

/**
 * Runs `task` every `periodMs`, first after one period, until the returned function is called. `task` must not throw.
 */
export function every(clock: Clock, periodMs: number, task: () => void): () => void {
  let cancel: () => void;
  const wait = () => {
    cancel = clock.after(periodMs, () => {
      wait();
      task();
    });
  };
  wait();
  return () => cancel();
}
