import { ex } from '../core/expression.ts';
import { keys } from '../core/keys.ts';
import { mostServers } from '../core/peers.ts';
import type { Ports } from '../core/ports.ts';
import type { Item, Key } from '../core/table.ts';

/**
 * Assigns versions. A single region counts 1, 2, 3. With several regions each has its own item, because concurrent
 * increments of one item in two regions would be lost. Their versions are milliseconds × 1,024 + the region's place
 * among all, which orders changes across regions. A region that assigns more than one per millisecond continues in
 * steps of 1,024. So no two regions ever assign the same version.
 */

export type Counting = Pick<Ports, 'table' | 'clock' | 'settings'>;

/** Keys of all counter items: a single region's, or those of all regions and the one from before there were several. */
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

/** Makes all later versions larger than this one; with several regions, each keeps to its own numbers. */
export async function startAbove(ports: Counting, version: number): Promise<void> {
  const { table, settings } = ports;
  const { serverId, peers } = settings;
  const isAlone = peers.length === 0;
  const last = isAlone ? version : (Math.floor(version / mostServers) + 1) * mostServers + placeOf(ports);
  const isBehind = ex`attribute_not_exists(seq) OR seq < ${last}`;
  await table.update(keys.nodeSequence(isAlone ? undefined : serverId), ex`SET seq = ${last}`, { when: isBehind });
}

/** Makes waiting requests check again without a new version. */
export async function countHint({ table, settings }: Counting): Promise<void> {
  const { serverId, peers } = settings;
  await table.update(peers.length === 0 ? keys.nodeSequence() : keys.nodeSequence(serverId), ex`ADD hints ${1}`);
}

/** Combines the counter items. */
export function sequenceOf(items: readonly Item[]): { readonly maxVersion: number; readonly pulse: string } {
  const numbers = items.map(({ seq }) => Number(seq ?? 0));
  const hints = items.reduce((sum, item) => sum + Number(item.hints ?? 0), 0);
  // The sum, because the largest does not change while a region behind it assigns versions.
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
