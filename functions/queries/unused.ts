import type { Ports } from '../core/ports.ts';
import { drop, release, take } from './live-query-store.ts';
import { subscribersOf } from './subscribers.ts';

/** A query that nobody is subscribed to any more is looked at no more. Whoever has come since has wanted it since. */
export async function dropUnused(ports: Ports, instance: string): Promise<void> {
  if ((await subscribersOf(ports, instance)).length > 0) return;
  const by = ports.ids.uuid();
  const taken = await take(ports, instance, by, [by]);
  // Whoever is looking at it looks again now, and finds nobody.
  if (taken.by !== 'us') return;
  const isUnused = (await subscribersOf(ports, instance)).length === 0;
  if (!isUnused || !(await drop(ports, taken.live, by))) await release(ports, instance, by);
}
