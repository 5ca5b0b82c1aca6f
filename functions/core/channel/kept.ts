import { ex } from '../expression.ts';
import { keys } from '../keys.ts';
import type { ChannelName } from '../names.ts';
import type { Ports } from '../ports.ts';
import type { Entry, Head } from './channel.ts';
import { entryOf, fillGaps, findEntries, newEpoch, nobody, numberIsFree, readHead } from './log.ts';
import { passingSeal } from './passing-seal.ts';
import type { Snapshot } from './snapshots.ts';
import { readSnapshot } from './snapshots.ts';

/** Everything a document consists of. */
export interface Kept {
  /** Up to its `sequence`, everything is here or pending. */
  readonly head: Head;
  readonly snapshot: Snapshot | undefined;
  /** What came after the snapshot, by number, without sealed ones. */
  readonly entries: readonly Entry[];
  /** Up to here nothing is pending. */
  readonly reached: number;
}

/** All of it as entries, oldest first; the snapshot stands for those it was made of. */
export function entriesOf({ snapshot, entries }: Kept): readonly Entry[] {
  if (!snapshot) return entries;
  const { sequence, epoch, at, text } = snapshot;
  return [{ sequence, epoch, at, from: nobody, request: 'snapshot', body: text, sealed: false }, ...entries];
}

/** How often a reading may begin again because somebody compacted meanwhile. */
const mostTries = 20;

/**
 * Reads a document, strongly consistent: every entry that was stored before this began is in it, whatever runs at the same
 * time. Somebody may compact between two reads, so that rows are gone that a snapshot not yet seen stands for: where
 * anything is missing the head is read again, and if it has changed, all of it.
 *
 * @param head as it was read a moment ago
 * @param after where the reader's own knowledge ends, if it is still in the log: entries after it, without the snapshot
 */
export async function readKept(ports: Ports, channel: ChannelName, head: Head, after?: number): Promise<Kept> {
  let current = head;
  for (let tries = 0; tries < mostTries; tries++) {
    const known = after !== undefined && after >= current.start && after <= current.sequence ? after : undefined;
    const kept = await tryToRead(ports, channel, current, known);
    if (kept) return kept;
    const now = await readHead(ports, channel);
    if (!now) return nothingLeft(ports, current);
    current = now;
  }
  throw new Error(`${channel} was compacted ${mostTries} times while it was read`);
}

/** It has been emptied, and forgotten altogether, while it was read. */
function nothingLeft(ports: Ports, head: Head): Kept {
  const { sequence } = head;
  const emptied = { ...head, epoch: newEpoch(ports), start: sequence, snapshot: undefined, size: 0 };
  return { head: emptied, snapshot: undefined, entries: [], reached: sequence };
}

async function tryToRead(
  ports: Ports,
  channel: ChannelName,
  head: Head,
  after: number | undefined,
): Promise<Kept | undefined> {
  const from = after ?? head.start;
  const [found, snapshot] = await Promise.all([
    findEntries(ports, channel, from, head.sequence),
    after === undefined && head.snapshot !== undefined ? readSnapshot(ports, channel, head.snapshot) : undefined,
  ]);
  const hasSnapshot = after !== undefined || head.snapshot === undefined || snapshot !== undefined;
  // Seals do not count: one may stand where an entry has been swept.
  const present = [...found.values()].filter((entry) => !entry.sealed && entry.epoch === head.epoch);
  if (present.length < head.sequence - from || !hasSnapshot) {
    const now = await readHead(ports, channel);
    if (now?.start !== head.start || now.epoch !== head.epoch || !hasSnapshot) return undefined;
  }
  const stretch = await fillGaps(ports, channel, from + 1, head, found, {
    retentionMs: undefined,
    seal: sealBeyondStart,
  });
  // An entry of another epoch was put under its number after the log had started over.
  const visible = stretch.entries.filter((entry) => !entry.sealed && entry.epoch === head.epoch);
  const entries = await Promise.all(visible.map((entry) => withBody(ports, entry)));
  if (!entries.every((entry) => entry !== undefined)) return undefined;
  return { head, snapshot, entries, reached: (stretch.pending[0] ?? head.sequence + 1) - 1 };
}

/** @returns undefined when the blob is gone: it has been compacted meanwhile */
async function withBody({ blobs }: Ports, entry: Entry): Promise<Entry | undefined> {
  if (entry.blob === undefined) return entry;
  const body = await blobs.get(entry.blob);
  return body === undefined ? undefined : { ...entry, body };
}

/** Below the start numbers are missing because they have been swept. */
async function sealBeyondStart(ports: Ports, channel: ChannelName, entry: Entry): Promise<Entry | undefined> {
  const isBeyondStart = ex`attribute_not_exists(start) OR start < ${entry.sequence}`;
  const written = await ports.table.transact([
    { put: passingSeal(ports, channel, entry), when: numberIsFree },
    { check: keys.head(channel), when: isBeyondStart },
  ]);
  if (written.ok) return entry;
  const there = written.current[0];
  // Without one: it came after all, and has been compacted since.
  return there && entryOf(there);
}
