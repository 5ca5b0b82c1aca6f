import { padded } from '../core/keys.ts';
import type { Ports } from '../core/ports.ts';

/** Of the last place that this process gave away. Forgetting it loses nothing but the order within a millisecond. */
let lastMs = 0;
let inThisMs = 0;

/**
 * A place in the order of insertion: text that sorts by time. What one process inserts one after another keeps that order;
 * what several insert within milliseconds of each other is in any order, and stays in it.
 */
export function nextPlace({ clock, ids }: Pick<Ports, 'clock' | 'ids'>): string {
  const now = clock.now();
  inThisMs = now === lastMs ? inThisMs + 1 : 0;
  lastMs = now;
  return `${padded(now)}.${padded(inThisMs, 6)}.${Buffer.from(ids.bytes(3)).toString('base64url')}`;
}
