import { branded } from '../branded.ts';
import { ex } from '../expression.ts';
import { keys, padded } from '../keys.ts';
import type { ChannelName, EpochMs } from '../names.ts';
import type { Ports } from '../ports.ts';
import type { Head } from './channel.ts';
import { blocksOf, readHead } from './log.ts';
import { listMembers } from './members.ts';
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
  if (!head) return;
  await sweepEntries(ports, channel, head);
  const before = branded<EpochMs>(ports.clock.now() - strayAfterMs);
  for (const stray of await straysIn(ports, channel, head, before)) await dropSnapshot(ports, channel, stray);
  await dropEmptyHead(ports, channel, head);
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
  if (snapshots.length > 0 && !(await isStill(ports, channel, head))) return [];
  return snapshots.filter((snapshot) => {
    const isKept = snapshot.name === head.snapshot || snapshot.versionUntil !== undefined;
    return snapshot.epoch !== head.epoch || (!isKept && snapshot.writtenAt <= before);
  });
}

/** Deletes the rows of entries up to the start. Ends early when the log starts over: that has its own sweep. */
export async function sweepEntries(ports: Ports, channel: ChannelName, head: Head): Promise<void> {
  for (let from = head.swept; from < head.start; from += stride) {
    const to = Math.min(head.start, from + stride);
    for (const { pk, from: first } of blocksOf(channel, from, to)) {
      const rows = await ports.table.query({ pk, from: first, to: padded(to), only: ['sk', 'epoch', 'blob'] });
      if (rows.length > 0 && !(await isStill(ports, channel, head))) return;
      for (let at = 0; at < rows.length; at += atOnce) {
        await Promise.all(
          rows.slice(at, at + atOnce).map(async ({ sk, epoch, blob }) => {
            if (typeof blob === 'string') await ports.blobs.delete(blob);
            await ports.table.delete({ pk, sk: String(sk) }, ex`epoch = ${epoch}`);
          }),
        );
      }
    }
    const notFurther = ex`epoch = ${head.epoch} AND (attribute_not_exists(swept) OR swept < ${to})`;
    await ports.table.update(keys.head(channel), ex`SET swept = ${to}`, { when: notFurther });
  }
}

/** Whether the log has neither started over nor been dropped since. */
async function isStill(ports: Ports, channel: ChannelName, { epoch }: Head): Promise<boolean> {
  return (await readHead(ports, channel))?.epoch === epoch;
}

/** A document that is empty and that nobody listens to is as good as one that never was. */
async function dropEmptyHead(ports: Ports, channel: ChannelName, head: Head): Promise<void> {
  if (head.start !== head.sequence || head.snapshot !== undefined) return;
  if ((await listMembers(ports, channel)).length > 0) return;
  const untouched = ex`epoch = ${head.epoch} AND (start = sequence OR attribute_not_exists(sequence)) AND attribute_not_exists(snapshot) AND (attribute_not_exists(version) OR version = ${head.version})`;
  await ports.table.delete(keys.head(channel), untouched);
}
