import type { ChannelName, EpochMs } from '../names.ts';
import type { Ports } from '../ports.ts';
import { bytesOf } from './frames.ts';
import type { Kept } from './kept.ts';
import { entriesOf } from './kept.ts';
import type { SnapshotRow } from './snapshots.ts';
import { readSnapshot, snapshotsUpTo } from './snapshots.ts';

/** A version of a document: its content after one of its newest entries, or in one of the older snapshots. */
export interface Version {
  /** Number of its last entry. */
  readonly sequence: number;
  readonly at: EpochMs;
  /** Total size of the document at that version. */
  readonly bytes: number;
}

/** The next versions before a number, newest first. */
export async function versionsBefore(
  ports: Ports,
  channel: ChannelName,
  kept: Kept,
  before: number,
  limit: number,
): Promise<Version[]> {
  const lately = latelyIn(kept).filter(({ sequence }) => sequence < before);
  const versions = lately.reverse().slice(0, limit);
  const { start, epoch } = kept.head;
  let upTo = Math.min(before, start);
  while (versions.length < limit && upTo > 0) {
    const rows = await snapshotsUpTo(ports, channel, upTo - 1, limit);
    versions.push(...rows.filter((row) => isVersion(ports, row, epoch)));
    upTo = rows.length < limit ? 0 : (rows.at(-1)?.sequence ?? 0);
  }
  return versions.slice(0, limit).map(({ sequence, at, bytes }) => ({ sequence, at, bytes }));
}

/** A compactor that died may have left a second snapshot with the same number. */
const fewWithOneNumber = 5;

/** The bodies of a version, oldest first. @returns undefined when the version does not exist, or no longer */
export async function bodiesAt(
  ports: Ports,
  channel: ChannelName,
  kept: Kept,
  sequence: number,
): Promise<{ readonly at: EpochMs; readonly bodies: readonly string[] } | undefined> {
  const entries = reachedIn(kept);
  const last = entries.find((entry) => entry.sequence === sequence);
  if (last) {
    const bodies = entries.filter((entry) => entry.sequence <= sequence).map(({ body }) => body);
    return { at: last.at, bodies };
  }
  const rows = await snapshotsUpTo(ports, channel, sequence, fewWithOneNumber);
  const row = rows.find((one) => one.sequence === sequence && isVersion(ports, one, kept.head.epoch));
  const snapshot = row && (await readSnapshot(ports, channel, row.name));
  return snapshot && { at: snapshot.at, bodies: [snapshot.text] };
}

/** Versions after an entry that is still being written are not final. */
function reachedIn(kept: Kept) {
  return entriesOf(kept).filter(({ sequence }) => sequence <= kept.reached);
}

/** Oldest first. */
function latelyIn(kept: Kept): Version[] {
  let bytes = 0;
  return reachedIn(kept).map(({ sequence, at, body }) => {
    bytes += bytesOf(body);
    return { sequence, at, bytes };
  });
}

function isVersion({ clock }: Ports, { epoch, versionUntil }: SnapshotRow, current: string): boolean {
  return epoch === current && versionUntil !== undefined && versionUntil > clock.now();
}
