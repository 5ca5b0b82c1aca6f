import type { Ports } from '../../functions/core/ports.ts';

/**
 * The same ports on a clock that always shows the same time, though waits last: for counting calls, some of which are only
 * made because time has passed, however slow the machine is.
 */
export function withStoppedClock(ports: Ports): Ports {
  const at = ports.clock.now();
  return Object.create(ports, { clock: { value: { ...ports.clock, now: () => at } } });
}
