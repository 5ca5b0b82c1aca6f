import type { Ports } from '../../functions/core/ports.ts';

/**
 * The same ports on a clock that always shows the same time, though waits take time. For counting calls: some calls are
 * only made because time has passed, which depends on the machine.
 */
export function withStoppedClock(ports: Ports): Ports {
  const at = ports.clock.now();
  return Object.create(ports, { clock: { value: { ...ports.clock, now: () => at } } });
}
