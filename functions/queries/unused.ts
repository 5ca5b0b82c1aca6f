import type { Ports } from '../core/ports.ts';
import { drop, release, take } from './live-query-store.ts';
import { subscribersOf } from './subscribers.ts';

/** Deletes a query without subscribers. A new subscriber has requested another evaluation, which prevents that. */
export async function dropUnused(ports: Ports, instance: string): Promise<void> {
  if ((await subscribersOf(ports, instance)).length > 0) return;
  const by = ports.ids.uuid();
  const taken = await take(ports, instance, by, [by]);
  // The evaluating process evaluates again now, and finds no subscribers.
  if (taken.by !== 'us') return;
  const isUnused = (await subscribersOf(ports, instance)).length === 0;
  if (!isUnused || !(await drop(ports, taken.live, by))) await release(ports, instance, by);
}
