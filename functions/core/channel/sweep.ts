import { branded } from '../branded.ts';
import { together } from '../concurrently.ts';
import { ex } from '../expression.ts';
import { keys, padded } from '../keys.ts';
import type { ChannelName, EpochMs } from '../names.ts';
import type { Ports } from '../ports.ts';
import type { Item } from '../table.ts';
import type { Entry, Head } from './channel.ts';
import { blocksOf, numberIsFree, readHead, sealOf } from './log.ts';
import { listMembers } from './members.ts';
import { passingSeal } from './passing-seal.ts';
import type { SnapshotRow } from './snapshots.ts';
import { dropSnapshot, listSnapshots } from './snapshots.ts';

/** Job of the fan-out function: sweep a document that was emptied. */
export interface SweepBody {
  readonly channel: ChannelName;
}

/** A younger snapshot without references may be one to which a compactor is about to switch. */
const strayAfterMs = 5 * 60_000;
const atOnce = 25;
/** The sweep notes its progress after so many deletions. */
const stride = 500;

/**
 * Deletes the rows that a document no longer needs. Nobody reads them any more, so that the sweep may stop and continue
 * anywhere. Several sweeps may run at once, and the document may meanwhile be dropped and created again with the same
 * numbers. So the sweep first lists rows, then reads the head, and deletes them only if the head is still the same.
 */
export async function sweepLog(ports: Ports, channel: ChannelName): Promise<void> {
  const head = await readHead(ports, channel);
  if (!head || !(await sweepEntries(ports, channel, head))) return;
  const before = branded<EpochMs>(ports.clock.now() - strayAfterMs);
  for (const stray of await straysIn(ports, channel, head, before)) await dropSnapshot(ports, channel, stray);
  if ((await listMembers(ports, channel)).length === 0) await dropEmptyHead(ports, channel, head);
}

/**
 * Snapshots without references: those of earlier epochs, and those of compactors that died.
 * @param before the compactor of an earlier snapshot has died, or has switched to it
 */
export async function straysIn(
  ports: Ports,
  channel: ChannelName,
  head: Head,
  before: EpochMs,
): Promise<SnapshotRow[]> {
  const snapshots = await listSnapshots(ports, channel);
  const now = snapshots.length > 0 ? await sameHead(ports, channel, head) : undefined;
  if (!now) return [];
  return snapshots.filter((snapshot) => {
    const isKept = snapshot.name === now.snapshot || snapshot.versionUntil !== undefined;
    return snapshot.epoch !== now.epoch || (!isKept && snapshot.writtenAt <= before);
  });
}

/** The head as it is now, unless the log has started over or been dropped since. */
async function sameHead(ports: Ports, channel: ChannelName, { epoch }: Head): Promise<Head | undefined> {
  const now = await readHead(ports, channel);
  return now?.epoch === epoch ? now : undefined;
}

/**
 * Deletes the rows of entries up to the start, except seals, which expire by themselves. It seals numbers that were
 * taken before the document started over and not used, because their writers may be slow rather than dead.
 * @returns false when the document has started over meanwhile; another sweep then continues
 */
export async function sweepEntries(ports: Ports, channel: ChannelName, head: Head): Promise<boolean> {
  for (let after = head.swept; after < head.start; after += stride) {
    const to = Math.min(head.start, after + stride);
    if (!(await sweepStretch(ports, channel, head, after, to))) return false;
    const notFurther = ex`epoch = ${head.epoch} AND (attribute_not_exists(swept) OR swept < ${to})`;
    await ports.table.update(keys.head(channel), ex`SET swept = ${to}`, { when: notFurther });
  }
  return true;
}

async function sweepStretch(
  ports: Ports,
  channel: ChannelName,
  head: Head,
  after: number,
  to: number,
): Promise<boolean> {
  for (;;) {
    const rows = await rowsIn(ports, channel, after, to);
    const there = new Set(rows.map(({ sk }) => Number(sk)));
    const open = Math.max(0, Math.min(to, head.before) - after);
    const numbers = Array.from({ length: open }, (_, index) => after + 1 + index);
    const missing = numbers.filter((number) => !there.has(number));
    if (rows.length + missing.length > 0 && !(await sameHead(ports, channel, head))) return false;
    const unsealed = rows.filter(({ sealed }) => sealed !== true);
    await inParts(unsealed, async ({ pk, sk, epoch, blob }) => {
      if (typeof blob === 'string') await ports.blobs.delete(blob);
      await ports.table.delete({ pk: String(pk), sk: String(sk) }, ex`epoch = ${epoch}`);
    });
    const closed = await inParts(missing, (number) => close(ports, channel, sealOf(number, head.epoch, head.at)));
    if (closed.every((isClosed) => isClosed)) return true;
    // A writer was faster: its entry is deleted like the others.
  }
}

async function rowsIn(ports: Ports, channel: ChannelName, after: number, to: number): Promise<Item[]> {
  const blocks = blocksOf(channel, after, to);
  const only = ['pk', 'sk', 'epoch', 'blob', 'sealed'];
  const found = blocks.map(({ pk, from }) => ports.table.query({ pk, from, to: padded(to), only }));
  return (await Promise.all(found)).flat();
}

async function close(ports: Ports, channel: ChannelName, seal: Entry): Promise<boolean> {
  return (await ports.table.put(passingSeal(ports, channel, seal), numberIsFree)).ok;
}

/** A few at once. */
async function inParts<T, R>(all: readonly T[], run: (one: T) => Promise<R>): Promise<R[]> {
  const done: R[] = [];
  for (let at = 0; at < all.length; at += atOnce) {
    done.push(...(await together(all.slice(at, at + atOnce).map(run))));
  }
  return done;
}

/** Deletes the head of an empty document of which nothing is left. */
export async function dropEmptyHead(ports: Ports, channel: ChannelName, head: Head): Promise<void> {
  if (head.start !== head.sequence || head.snapshot !== undefined) return;
  const untouched = ex`epoch = ${head.epoch} AND (attribute_not_exists(version) OR version = ${head.version}) AND attribute_not_exists(snapshot) AND (attribute_not_exists(sequence) OR (start = sequence AND swept = start))`;
  await ports.table.delete(keys.head(channel), untouched);
}
