import { ex } from '../expression.ts';
import { keys } from '../keys.ts';
import type { ChannelName } from '../names.ts';
import type { Ports } from '../ports.ts';
import type { Entry, Head } from './channel.ts';
import { entryOf, fillGaps, findEntries, newEpoch, nobody, numberIsFree, readHead } from './log.ts';
import { passingSeal } from './passing-seal.ts';
import type { Snapshot } from './snapshots.ts';
import { readSnapshot } from './snapshots.ts';

/** The whole content of a document. */
export interface Kept {
  /** Entries up to its `sequence` are included or pending. */
  readonly head: Head;
  readonly snapshot: Snapshot | undefined;
  /** Entries after the snapshot, by number, without sealed ones. */
  readonly entries: readonly Entry[];
  /** Entries up to this number are complete: none is pending. */
  readonly reached: number;
}

/** The whole document as entries, oldest first; the snapshot replaces the entries that it merged. */
export function entriesOf({ snapshot, entries }: Kept): readonly Entry[] {
  if (!snapshot) return entries;
  const { sequence, epoch, at, text } = snapshot;
  return [{ sequence, epoch, at, from: nobody, request: 'snapshot', body: text, sealed: false }, ...entries];
}

/** How often a read may restart because the document was compacted meanwhile. */
const mostTries = 20;

/**
 * Reads a document, strongly consistent: it includes every entry that was stored before this began, whatever else runs
 * concurrently. A compaction between two reads may delete rows in favour of a snapshot that this read has not seen. So
 * if a row is missing, the head is read again and, if it has changed, everything.
 *
 * @param head as it was read a moment ago
 * @param after the last number that the reader knows; if it is still in the log, only entries after it are read,
 * without the snapshot
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

/** The document was emptied and its head deleted while it was read. */
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
  // Seals do not count: a number may have a seal because its entry was swept.
  const present = [...found.values()].filter((entry) => !entry.sealed && entry.epoch === head.epoch);
  if (present.length < head.sequence - from || !hasSnapshot) {
    const now = await readHead(ports, channel);
    if (now?.start !== head.start || now.epoch !== head.epoch || !hasSnapshot) return undefined;
  }
  const stretch = await fillGaps(ports, channel, from + 1, head, found, {
    retentionMs: undefined,
    seal: sealBeyondStart,
  });
  // An entry of another epoch was written after the log had started over.
  const visible = stretch.entries.filter((entry) => !entry.sealed && entry.epoch === head.epoch);
  const entries = await Promise.all(visible.map((entry) => withBody(ports, entry)));
  if (!entries.every((entry) => entry !== undefined)) return undefined;
  return { head, snapshot, entries, reached: (stretch.pending[0] ?? head.sequence + 1) - 1 };
}

/** @returns undefined when the blob is gone because the entry was compacted meanwhile */
async function withBody({ blobs }: Ports, entry: Entry): Promise<Entry | undefined> {
  if (entry.blob === undefined) return entry;
  const body = await blobs.get(entry.blob);
  return body === undefined ? undefined : { ...entry, body };
}

/** Numbers below the start are missing because they were swept, so they are not sealed. */
async function sealBeyondStart(ports: Ports, channel: ChannelName, entry: Entry): Promise<Entry | undefined> {
  const isBeyondStart = ex`attribute_not_exists(start) OR start < ${entry.sequence}`;
  const written = await ports.table.transact([
    { put: passingSeal(ports, channel, entry), when: numberIsFree },
    { check: keys.head(channel), when: isBeyondStart },
  ]);
  if (written.ok) return entry;
  const there = written.current[0];
  // Without an item: the entry was written after all, and has been compacted since.
  return there && entryOf(there);
}
