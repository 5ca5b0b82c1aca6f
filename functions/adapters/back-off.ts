import type { Clock } from '../core/ports.ts';

/** How often something is tried in all, and how long the pauses between may get. */
export interface Patience {
  readonly attempts: number;
  readonly firstMs: number;
  readonly longestMs: number;
}

/** Time and chance, so that tests hold both. */
export interface Pauses {
  readonly clock: Pick<Clock, 'wait'>;
  /** 0 up to, not including, 1. */
  random(): number;
}

/**
 * Exponential back-off with full jitter: each pause is a random part of one that doubles, so that callers who failed
 * together do not come back together. `attempt` counts from 0.
 */
export function pause({ clock, random }: Pauses, { firstMs, longestMs }: Patience, attempt: number): Promise<void> {
  return clock.wait(random() * Math.min(longestMs, firstMs * 2 ** attempt));
}

/** Tries until it works, `mayRepeat` says no, or patience ends; the last error is thrown. */
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
