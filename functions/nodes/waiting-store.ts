import { together } from '../core/concurrently.ts';
import { ex } from '../core/expression.ts';
import { keys } from '../core/keys.ts';
import { longestWaitMs } from '../core/peers.ts';
import type { Ports } from '../core/ports.ts';

/**
 * Limits how many requests wait at a time, because each occupies a function execution that other requests need. A
 * request counts in the window in which it begins to wait, and is subtracted there. The count of a killed process
 * expires with its window.
 */

/** A request that began before the previous window no longer waits. */
const windowMs = longestWaitMs + 5_000;

export interface Place {
  leave(): Promise<void>;
}

/** @returns undefined when the maximum number of requests is waiting */
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
