import { branded } from '../branded.ts';
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

/** A document has been emptied; job of the fan-out function. */
export interface SweepBody {
  readonly channel: ChannelName;
}

/** A snapshot nothing refers to may be one that a compactor is about to switch to. */
const strayAfterMs = 5 * 60_000;
const atOnce = 25;
/** After so many deletions it is noted how far they have come. */
const stride = 500;

/**
 * Deletes what a document no longer consists of. Nobody reads it any more, so that this may stop and go on anywhere. Several
 * may sweep at once, and the document may be dropped and made anew meanwhile, with the same numbers: so whatever is to be
 * deleted is followed by a look at the head, and stays if that is another one by then.
 */
export async function sweepLog(ports: Ports, channel: ChannelName): Promise<void> {
  const head = await readHead(ports, channel);
  if (!head || !(await sweepEntries(ports, channel, head))) return;
  const before = branded<EpochMs>(ports.clock.now() - strayAfterMs);
  for (const stray of await straysIn(ports, channel, head, before)) await dropSnapshot(ports, channel, stray);
  if ((await listMembers(ports, channel)).length === 0) await dropEmptyHead(ports, channel, head);
}

/**
 * Snapshots that nothing refers to: those of epochs that are over, and what dead compactors have left.
 * @param before who wrote one earlier than that is dead, or has switched to it
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
 * Deletes the rows of entries up to the start, but for seals, which go by themselves. Numbers that were taken before the
 * document started over, and not used, are sealed: who took one may be slow and not dead.
 * @returns false when the document has started over meanwhile, which is then for others to sweep
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
    // A writer was faster: its entry goes like the others.
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
    done.push(...(await Promise.all(all.slice(at, at + atOnce).map(run))));
  }
  return done;
}

/** A document that is empty, and of which nothing is left, is as good as one that never was. */
export async function dropEmptyHead(ports: Ports, channel: ChannelName, head: Head): Promise<void> {
  if (head.start !== head.sequence || head.snapshot !== undefined) return;
  const untouched = ex`epoch = ${head.epoch} AND (attribute_not_exists(version) OR version = ${head.version}) AND attribute_not_exists(snapshot) AND (attribute_not_exists(sequence) OR (start = sequence AND swept = start))`;
  await ports.table.delete(keys.head(channel), untouched);
}
