import { padded } from '../core/keys.ts';
import type { Ports } from '../core/ports.ts';

/** The time of the last place that this process assigned. Losing it only loses the order within a millisecond. */
let lastMs = 0;
let inThisMs = 0;

/**
 * A place in the order of insertion: text that sorts by time. Inserts of one process keep their order. Inserts of
 * several processes within milliseconds get an arbitrary but stable order.
 */
export function nextPlace({ clock, ids }: Pick<Ports, 'clock' | 'ids'>): string {
  const now = clock.now();
  inThisMs = now === lastMs ? inThisMs + 1 : 0;
  lastMs = now;
  return `${padded(now)}.${padded(inThisMs, 6)}.${Buffer.from(ids.bytes(3)).toString('base64url')}`;
}
