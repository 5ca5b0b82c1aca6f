import { branded } from '../branded.ts';
import { ex } from '../expression.ts';
import { keys } from '../keys.ts';
import type { ChannelName, EpochMs } from '../names.ts';
import type { Ports } from '../ports.ts';
import type { Head } from './channel.ts';
import { bytesOf } from './frames.ts';
import { readKept } from './kept.ts';
import { headOf } from './log.ts';
import type { SnapshotRow } from './snapshots.ts';
import { dropSnapshot, keepAsVersion, putSnapshot } from './snapshots.ts';
import { straysIn, sweepEntries } from './sweep.ts';

/** A document is compacted once it has so many entries, or bytes of entries, after the snapshot. */
export const compactFrom = { entries: 100, bytes: 256 * 1024 };

/** A compactor that has not finished after this time counts as dead. */
const leaseMs = 60_000;

/** Whether the document has to be compacted after the entry that was just written. */
export function isDue({ sequence, start, size }: Head, bytesOfEntry: number): boolean {
  if ((sequence - start) % compactFrom.entries === 0) return true;
  return Math.floor(size / compactFrom.bytes) > Math.floor((size - bytesOfEntry) / compactFrom.bytes);
}

/**
 * Makes one snapshot of everything up to the first entry that is still being written. It blocks no writer, and loses
 * nothing wherever it dies:
 *
 *     take the lease                    so that of many who see that it is time one works; it may expire, that is harmless
 *     read everything, merge
 *     write the snapshot, a new name    nothing refers to it: dying here leaves a stray, which the next one sees to
 *     switch the head to it             only if nobody has compacted or emptied the document since it was read
 *     delete the rows it stands for     dying here leaves rows that nobody reads: the next one deletes them
 *     drop the old snapshot, or keep it as a version; if a compactor has died, those that it has left
 *     give the lease back
 *
 * @param merge merges bodies, oldest first, into one that stands for the same document
 * @param upTo entries after this number are not compacted
 */
export async function compact(
  ports: Ports,
  channel: ChannelName,
  merge: (bodies: readonly string[]) => string,
  upTo = Number.POSITIVE_INFINITY,
): Promise<'compacted' | 'nothing to do' | 'somebody else does'> {
  const now = ports.clock.now();
  const leased = await ports.table.update(keys.head(channel), ex`SET lease = ${now + leaseMs}`, {
    when: ex`attribute_exists(of) AND (attribute_not_exists(lease) OR lease < ${now})`,
    returns: 'old',
  });
  if (!leased.ok) return leased.current?.of === undefined ? 'nothing to do' : 'somebody else does';
  const { lease: died } = leased.item ?? {};
  const kept = await readKept(ports, channel, headOf(leased.item ?? {}));
  const { head, snapshot: before, entries } = kept;
  const reached = Math.min(kept.reached, upTo);
  const merged = entries.filter((entry) => entry.sequence <= reached);
  const last = merged.at(-1);
  if (!last) {
    // Nothing to compact, but an earlier compactor may have died after its switch.
    await sweepEntries(ports, channel, head);
    if (typeof died === 'number') await tidyAfter(ports, channel, head, branded<EpochMs>(died));
    await release(ports, channel, now + leaseMs);
    return 'nothing to do';
  }
  const text = merge([...(before ? [before.text] : []), ...merged.map((entry) => entry.body)]);
  const after = await putSnapshot(ports, channel, { epoch: head.epoch, sequence: reached, at: last.at, text });
  const rest = entries.slice(merged.length).reduce((sum, entry) => sum + bytesOf(entry.body), 0);
  const switched = await switchTo(ports, channel, head, after, after.bytes + rest - head.size);
  if (!switched) {
    await dropSnapshot(ports, channel, after);
    return 'somebody else does';
  }
  await sweepEntries(ports, channel, switched);
  if (before) await retire(ports, channel, switched, before);
  if (typeof died === 'number') await tidyAfter(ports, channel, switched, branded<EpochMs>(died));
  await release(ports, channel, now + leaseMs);
  return 'compacted';
}

/**
 * Switches the head to the snapshot, only if the document is still as it was read. Entries that came meanwhile are
 * after the snapshot.
 */
async function switchTo(
  ports: Ports,
  channel: ChannelName,
  { epoch, start, snapshot }: Head,
  to: SnapshotRow,
  grownBytes: number,
): Promise<Head | undefined> {
  const unchanged =
    snapshot === undefined
      ? ex`epoch = ${epoch} AND attribute_not_exists(snapshot) AND (attribute_not_exists(start) OR start = ${start})`
      : ex`epoch = ${epoch} AND snapshot = ${snapshot}`;
  const written = await ports.table.update(
    keys.head(channel),
    ex`SET snapshot = ${to.name}, start = ${to.sequence} ADD size ${grownBytes}`,
    { when: unchanged },
  );
  return written.ok ? headOf(written.item ?? {}) : undefined;
}

/** Cleans up after a compactor that died before its lease expired. */
async function tidyAfter(ports: Ports, channel: ChannelName, head: Head, lease: EpochMs): Promise<void> {
  for (const stray of await straysIn(ports, channel, head, lease)) {
    if (stray.epoch === head.epoch) await retire(ports, channel, head, stray);
    else await dropSnapshot(ports, channel, stray);
  }
}

async function release(ports: Ports, channel: ChannelName, lease: number): Promise<void> {
  await ports.table.update(keys.head(channel), ex`REMOVE lease`, { when: ex`lease = ${lease}` });
}

/** Keeps a replaced snapshot as a version if the last version is old enough. */
async function retire(ports: Ports, channel: ChannelName, { epoch }: Head, old: SnapshotRow): Promise<void> {
  const { everyMs, keepMs } = ports.settings.branchVersions;
  const isTime = ex`epoch = ${epoch} AND (attribute_not_exists(versionAt) OR versionAt <= ${old.at - everyMs})`;
  const marked =
    keepMs > 0 && (await ports.table.update(keys.head(channel), ex`SET versionAt = ${old.at}`, { when: isTime })).ok;
  if (marked) await keepAsVersion(ports, channel, old, branded<EpochMs>(ports.clock.now() + keepMs));
  else await dropSnapshot(ports, channel, old);
}
