import { together } from '../core/concurrently.ts';
import { ex } from '../core/expression.ts';
import { keys } from '../core/keys.ts';
import { longestWaitMs } from '../core/peers.ts';
import type { Ports } from '../core/ports.ts';

/**
 * How many requests wait at a time: each occupies a function, and whoever waits must not keep everybody else from being
 * served. Who begins to wait counts in its own window and uncounts there; what a killed process leaves is gone with the window.
 */

/** Whoever began to wait before the window before this one waits no more. */
const windowMs = longestWaitMs + 5_000;

export interface Place {
  leave(): Promise<void>;
}

/** @returns undefined when as many wait as may */
export async function takePlace(ports: Ports): Promise<Place | undefined> {
  const { connections, clock, settings } = ports;
  const start = Math.floor(clock.now() / windowMs) * windowMs;
  const ttl = Math.ceil((start + 2 * windowMs) / 1_000) + 60;
  const key = keys.nodeWaits(start);
  const [counted, before] = await together([
    connections.update(key, ex`SET ttl = ${ttl} ADD waiting ${1}`),
    connections.get(keys.nodeWaits(start - windowMs)),
  ]);
  const now = counted.ok ? Number(counted.item?.waiting ?? 0) : 0;
  const place = {
    async leave() {
      await connections.update(key, ex`ADD waiting ${-1}`);
    },
  };
  if (now + Number(before?.waiting ?? 0) <= settings.nodesMaxWaiting) return place;
  await place.leave();
  return undefined;
}
