import { ex } from '../core/expression.ts';
import { keys } from '../core/keys.ts';
import { mostServers } from '../core/peers.ts';
import type { Ports } from '../core/ports.ts';
import type { Item, Key } from '../core/table.ts';

/**
 * Where versions come from. One region counts: 1, 2, 3. Of several, each has an item of its own, since an increment of one
 * item in two regions is lost; their numbers are milliseconds × 1,024 + the region's place among all, which orders changes
 * across regions. A region that gives more than one a millisecond goes on in steps of 1,024: so no two regions ever give the
 * same number, and clients never mistake one region's change for another's.
 */

export type Counting = Pick<Ports, 'table' | 'clock' | 'settings'>;

/** All items that count: of one region one, else that of each, and the one from when there was but one. */
export function sequenceKeys({ settings: { serverId, peers } }: Pick<Ports, 'settings'>): Key[] {
  if (peers.length === 0) return [keys.nodeSequence()];
  return [keys.nodeSequence(), ...[serverId, ...peers.map((peer) => peer.serverId)].map(keys.nodeSequence)];
}

/** @returns so many new numbers, ascending */
export async function takeNumbers(ports: Counting, count: number): Promise<number[]> {
  const { table, clock, settings } = ports;
  if (settings.peers.length === 0) {
    const { seq } = taken(await table.update(keys.nodeSequence(), ex`ADD seq ${count}`));
    return numbersUpTo(Number(seq), count, 1);
  }
  const own = keys.nodeSequence(settings.serverId);
  const first = clock.now() * mostServers + placeOf(ports);
  const last = first + (count - 1) * mostServers;
  const isBehind = ex`attribute_not_exists(seq) OR seq < ${first}`;
  const byClock = await table.update(own, ex`SET seq = ${last}`, { when: isBehind });
  if (byClock.ok) return numbersUpTo(last, count, mostServers);
  const { seq } = taken(await table.update(own, ex`ADD seq ${count * mostServers}`));
  return numbersUpTo(Number(seq), count, mostServers);
}

/** Numbers given from now on are above this one; of several regions, each stays with numbers of its own. */
export async function startAbove(ports: Counting, version: number): Promise<void> {
  const { table, settings } = ports;
  const { serverId, peers } = settings;
  const isAlone = peers.length === 0;
  const last = isAlone ? version : (Math.floor(version / mostServers) + 1) * mostServers + placeOf(ports);
  const isBehind = ex`attribute_not_exists(seq) OR seq < ${last}`;
  await table.update(keys.nodeSequence(isAlone ? undefined : serverId), ex`SET seq = ${last}`, { when: isBehind });
}

/** Whoever waits should look again, though there is no new number. */
export async function countHint({ table, settings }: Counting): Promise<void> {
  const { serverId, peers } = settings;
  await table.update(peers.length === 0 ? keys.nodeSequence() : keys.nodeSequence(serverId), ex`ADD hints ${1}`);
}

/** What the items that count say together. */
export function sequenceOf(items: readonly Item[]): { readonly maxVersion: number; readonly pulse: string } {
  const numbers = items.map(({ seq }) => Number(seq ?? 0));
  const hints = items.reduce((sum, item) => sum + Number(item.hints ?? 0), 0);
  // The sum, for the largest stands still while a region behind it gives numbers.
  const pulse = `${numbers.reduce((sum, one) => sum + BigInt(one), 0n)}:${hints}`;
  return { maxVersion: Math.max(0, ...numbers), pulse };
}

/** The same in all regions that list each other. */
function placeOf({ settings: { serverId, peers } }: Counting): number {
  return [serverId, ...peers.map((peer) => peer.serverId)].sort().indexOf(serverId);
}

function numbersUpTo(last: number, count: number, step: number): number[] {
  return Array.from({ length: count }, (_, index) => last - (count - 1 - index) * step);
}

function taken(written: { readonly ok: boolean; readonly item?: Item | undefined }): Item {
  if (written.item) return written.item;
  throw new Error('a counter that is counted up is there'); // no condition was given
}
