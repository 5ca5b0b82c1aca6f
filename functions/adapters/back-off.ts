import type { Clock } from '../core/ports.ts';

/** How many attempts to make, and how long the pauses in between may get. */
export interface Patience {
  readonly attempts: number;
  readonly firstMs: number;
  readonly longestMs: number;
}

/** Time and randomness, which tests control. */
export interface Pauses {
  readonly clock: Pick<Clock, 'wait'>;
  /** 0 up to, not including, 1. */
  random(): number;
}

/**
 * Exponential back-off with full jitter: each pause is a random part of a bound that doubles, so that callers that
 * failed together do not retry together. `attempt` counts from 0.
 */
export function pause({ clock, random }: Pauses, { firstMs, longestMs }: Patience, attempt: number): Promise<void> {
  return clock.wait(random() * Math.min(longestMs, firstMs * 2 ** attempt));
}

/** Retries until it succeeds, `mayRepeat` says no, or the attempts are used up; then throws the last error. */
export async function patiently<T>(
  pauses: Pauses,
  patience: Patience,
  mayRepeat: (error: unknown) => boolean,
  attempt: (count: number) => Promise<T>,
): Promise<T> {
  for (let count = 0; ; count += 1) {
    try {
      return await attempt(count);
    } catch (error) {
      if (count + 1 >= patience.attempts || !mayRepeat(error)) throw error;
    }
    await pause(pauses, patience, count);
  }
}
