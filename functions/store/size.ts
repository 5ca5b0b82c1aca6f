import { ex } from '../core/expression.ts';
import { keys } from '../core/keys.ts';
import type { Bucket } from './bucket.ts';
import type { Effect } from './commit.ts';
import { type Row, rowsByTime } from './row-store.ts';
import { asChanged, type Slot, type Work } from './work.ts';
import { evict } from './writing.ts';

/**
 * Bounded buckets: the transaction that adds or removes a row also changes their count, and evicts the oldest rows
 * above the limit. So concurrent inserts into one conflict with each other.
 */
export async function keepSize(work: Work): Promise<Effect[]> {
  const touched = [...work.slots.values()].map(({ bucket }) => bucket);
  const bounded = [...new Set(touched)].filter(({ definition }) => definition.maxSize !== undefined);
  const effects = await Promise.all(bounded.map((bucket) => sizeOf(work, bucket)));
  return [...effects.flat(), ...sharesOf(work)];
}

/** The parts of a count: this many can be written at the same time. */
export const countShares = 8;

/** The changes in the row counts of counted buckets, including evicted rows. */
function sharesOf({ slots, ports }: Work): Effect[] {
  const changes = new Map<Bucket, number>();
  for (const { bucket, before, after } of slots.values()) {
    if (!bucket.isCounted) continue;
    const change = (after ? 1 : 0) - (before && before !== 'unread' ? 1 : 0);
    changes.set(bucket, (changes.get(bucket) ?? 0) + change);
  }
  return [...changes].flatMap(([{ name, generation }, change]) => {
    const at = keys.share(name, generation, ports.ids.integer(countShares));
    return change === 0 ? [] : [{ write: { update: at, change: ex`ADD rows ${change}` } }];
  });
}

async function sizeOf(work: Work, bucket: Bucket): Promise<Effect[]> {
  const { maxSize = Number.POSITIVE_INFINITY } = bucket.definition;
  const added = changeOf(work, bucket);
  if (added === 0) return [];
  const { ports } = work;
  const at = keys.size(bucket.name, bucket.generation);
  const item = await ports.table.get(at);
  const before = item ? Number(item.rows) : await rowsLying(work, bucket);
  const tooMany = added > 0 ? before + added - maxSize : 0;
  if (tooMany > 0) await evictOldest(work, bucket, tooMany);
  const after = before + changeOf(work, bucket);
  const when = item ? ex`rows = ${before}` : ex`attribute_not_exists(pk)`;
  return [{ write: { put: { ...at, rows: after }, when } }];
}

/** The number of rows added, minus those removed. Replacing an expired row changes nothing, because it was counted. */
function changeOf(work: Work, { name }: Bucket): number {
  const isThere = ({ before, hasRemains }: Slot) => before !== undefined || hasRemains;
  return [...work.slots.values()]
    .filter(({ bucket }) => bucket.name === name)
    .reduce((sum, slot) => sum + (slot.after ? 1 : 0) - (isThere(slot) ? 1 : 0), 0);
}

async function rowsLying(work: Work, bucket: Bucket): Promise<number> {
  return (await Array.fromAsync(rowsByTime(work.ports, bucket, { evenExpired: true }))).length;
}

async function evictOldest(work: Work, bucket: Bucket, count: number): Promise<void> {
  const oldest: Row[] = [];
  // This work may have already removed some of the rows in the table.
  const about = count + work.slots.size;
  for await (const row of rowsByTime(work.ports, bucket, { evenExpired: true, about })) {
    oldest.push(row);
    if (oldest.length >= about) break;
  }
  for (const row of asChanged(work, bucket, oldest).slice(0, count)) await evict(work, bucket, row);
}
