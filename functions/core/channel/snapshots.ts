import { branded } from '../branded.ts';
import { ex } from '../expression.ts';
import type { KeptText } from '../kept-text.ts';
import { adopting, discard, keep, read, releasing } from '../kept-text.ts';
import { keys, padded, snapshotsOf } from '../keys.ts';
import type { ChannelName, EpochMs } from '../names.ts';
import type { Ports } from '../ports.ts';
import type { Item } from '../table.ts';
import { bytesOf } from './frames.ts';

/**
 * A snapshot of a document at a number. The newest replaces all entries up to it; some older ones are kept as versions.
 */
export interface SnapshotRow {
  readonly name: string;
  readonly epoch: string;
  /** The snapshot replaces all entries up to this number. */
  readonly sequence: number;
  /** Time of that entry. */
  readonly at: EpochMs;
  /** Size of the text in UTF-8. */
  readonly bytes: number;
  readonly kept: KeptText;
  /** When it was written. */
  readonly writtenAt: EpochMs;
  /** Kept as a version until then; undefined if it is no version. */
  readonly versionUntil: EpochMs | undefined;
}

export interface Snapshot extends SnapshotRow {
  readonly text: string;
}

/** Writes a snapshot to which no head refers yet. */
export async function putSnapshot(
  ports: Ports,
  channel: ChannelName,
  { epoch, sequence, at, text }: Pick<Snapshot, 'epoch' | 'sequence' | 'at' | 'text'>,
): Promise<SnapshotRow> {
  const kept = await keep(ports, text);
  const key = keys.snapshot(channel, sequence, ports.ids.uuid());
  const bytes = bytesOf(text);
  const writtenAt = ports.clock.now();
  const written = await ports.table.transact([
    { put: { ...key, epoch, sequence, at, bytes, writtenAt, ...kept } },
    ...adopting(kept),
  ]);
  if (!written.ok) throw new Error('a snapshot was swept away while it was written');
  return { name: key.sk, epoch, sequence, at, bytes, kept, writtenAt, versionUntil: undefined };
}

/** @returns undefined when it was deleted because another one has replaced it */
export async function readSnapshot(ports: Ports, channel: ChannelName, name: string): Promise<Snapshot | undefined> {
  const item = await ports.table.get({ pk: snapshotsOf(channel), sk: name });
  const row = item && rowOf(item);
  const text = row && (await read(ports, row.kept));
  return row && text !== undefined ? { ...row, text } : undefined;
}

/** All attributes except the text. */
const about = ['sk', 'epoch', 'sequence', 'at', 'bytes', 'blob', 'writtenAt', 'versionUntil'];

/** All snapshots, oldest first, without texts that are in the items. */
export async function listSnapshots(ports: Ports, channel: ChannelName): Promise<SnapshotRow[]> {
  return (await ports.table.query({ pk: snapshotsOf(channel), only: about })).map(rowOf);
}

/** Some snapshots up to a number, newest first, whether or not they are versions; also without texts. */
export async function snapshotsUpTo(
  ports: Ports,
  channel: ChannelName,
  sequence: number,
  limit: number,
): Promise<SnapshotRow[]> {
  const to = padded(sequence + 1);
  return (await ports.table.query({ pk: snapshotsOf(channel), to, backward: true, limit, only: about })).map(rowOf);
}

/** Keeps a replaced snapshot as a version, for a given time. */
export async function keepAsVersion(
  ports: Ports,
  channel: ChannelName,
  { name, kept }: SnapshotRow,
  until: EpochMs,
): Promise<void> {
  const ttl = Math.ceil(until / 1000);
  const change = ex`SET versionUntil = ${until}, ttl = ${ttl}`;
  await ports.table.transact([
    { update: { pk: snapshotsOf(channel), sk: name }, change, when: ex`attribute_exists(pk)` },
    ...releasing(ports, kept, until),
  ]);
}

/** Deletes a snapshot to which nothing refers any more. */
export async function dropSnapshot(ports: Ports, channel: ChannelName, { name, kept }: SnapshotRow): Promise<void> {
  await ports.table.transact([{ delete: { pk: snapshotsOf(channel), sk: name } }, ...releasing(ports, kept)]);
  await discard(ports, kept);
}

function rowOf(item: Item): SnapshotRow {
  return {
    name: String(item.sk),
    epoch: String(item.epoch),
    sequence: Number(item.sequence),
    at: branded<EpochMs>(Number(item.at)),
    bytes: Number(item.bytes),
    kept: typeof item.blob === 'string' ? { blob: item.blob } : { text: String(item.text ?? '') },
    writtenAt: branded<EpochMs>(Number(item.writtenAt)),
    versionUntil: typeof item.versionUntil === 'number' ? branded<EpochMs>(item.versionUntil) : undefined,
  };
}
