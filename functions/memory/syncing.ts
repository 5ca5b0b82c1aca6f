import type { Frame } from '../core/caller.ts';
import { remove } from '../core/channel/delivery.ts';
import { countMembership } from '../core/channel/log.ts';
import { enter, settleAt } from '../core/channel/members.ts';
import { together } from '../core/concurrently.ts';
import type { Connection } from '../core/connection.ts';
import { findConnection } from '../core/connection-store.ts';
import type { EpochMs } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { inOrder } from './attributes.ts';
import { channelOf, memoryChannel } from './channel.ts';
import { clearedFrame, namedEntry, syncFrame } from './frames.ts';
import { readMemoryHead } from './head-store.ts';
import type { MemoryKey } from './memory-key.ts';
import { queryOutlines, type RowOutline } from './row-store.ts';
import { survey } from './survey.ts';
import { tellKeyTo } from './telling.ts';
import { maxEntryBytes } from './values.ts';

/** Bytes of a reference in place of a value: two URLs with signatures of temporary credentials. */
const referenceBytes = 6 * 1024;
/** Bytes of each entry besides key, value and attributes. */
const wordsPerEntry = 128;

/** The fan-out function sends larger instances, because the lane must not delay the connection's next frame. */
const mostInLaneBytes = 8 * 1024 * 1024;

/** Times come from the clocks of several machines. */
const clocksDifferMs = 60_000;

export interface Syncing {
  readonly instanceId: string;
  readonly connection: Pick<Connection, 'id' | 'expiresAt'>;
  readonly frame: Pick<Frame, 'at' | 'requestId' | 'place'>;
  /**
   * For a connection that was in the instance before: since when it may have received keys. It must also receive the
   * deletions since then, because it gets no broadcasts while its snapshot is being sent.
   */
  readonly again?: EpochMs;
}

/** A snapshot that takes long; job of the fan-out function. */
export async function syncLater(ports: Ports, syncing: Syncing): Promise<void> {
  const { id } = syncing.connection;
  if (!(await findConnection(ports, id))) return;
  const say = async (frame: string) => (await ports.gateway.post([id], frame)).gone.length === 0;
  await sync(ports, syncing, say, Number.POSITIVE_INFINITY);
}

/**
 * Brings a connection into an instance. The connection enters the channel before this handler reads anything, and gets
 * broadcasts only after the whole snapshot. Then the handler looks for changes made meanwhile and sends them. So the
 * client misses nothing, and no old value arrives after a newer one. For the same reason, the parts of a large snapshot
 * leave out keys that have changed since the outlines were read.
 * @param say posts a frame to the connection; false when it is gone
 * @param mostBytes above this, the fan-out function sends the snapshot
 * @returns false when the connection is gone
 */
export async function sync(
  ports: Ports,
  { connection, frame, instanceId, again }: Syncing,
  say: (frame: string) => Promise<boolean>,
  mostBytes = mostInLaneBytes,
): Promise<boolean> {
  const channel = channelOf(instanceId);
  const entrant = {
    connectionId: connection.id,
    at: frame.at,
    request: frame.requestId,
    place: frame.place,
    expiresAt: connection.expiresAt,
    about: '{}',
    state: '{}',
    form: 'json',
  };
  if (!(await enter(ports, channel, entrant))) return false;
  await countMembership(ports, channel);
  const head = await readMemoryHead(ports, instanceId);
  if (head.bytes > mostBytes) {
    const { id, expiresAt } = connection;
    const { at, requestId, place } = frame;
    const body: Syncing = {
      instanceId,
      connection: { id, expiresAt },
      frame: { at, requestId, ...(place ? { place } : {}) },
      ...(again === undefined ? {} : { again }),
    };
    await ports.fanOut.send([{ kind: 'memory-sync', group: `memory-sync:${id}`, id: `sync:${requestId}`, body }]);
    return true;
  }
  const { outlines, rowsOf } = await survey(ports, instanceId, head);
  const { cleared } = head;
  const version = outlines.reduce((highest, one) => Math.max(highest, one.version), cleared);
  const hasClearedSince = again !== undefined && head.cleared > 0 && head.clearedAt >= again - clocksDifferMs;
  if (hasClearedSince && !(await say(clearedFrame(head.clearedBy, head.clearedAt, cleared)))) return leave();
  const parts = packed(inOrder(present(outlines, cleared)));
  const entriesOf = async (part: readonly RowOutline[] = []): Promise<MemoryKey[]> => {
    const versions = new Map(part.map(({ key, version }) => [key, version]));
    return (await rowsOf(part)).flatMap((row) => (row.version === versions.get(row.key) && row.entry) || []);
  };
  const said = new Map<string, number>();
  let entries = await entriesOf(parts[0]);
  for (const index of parts.keys()) {
    for (const { key, version } of entries) said.set(key, version);
    const texts = entries.map((entry) => namedEntry(ports, entry));
    const which = parts.length === 1 ? {} : { part: { part: index + 1, parts: parts.length } };
    const frame = syncFrame({ instanceId, version, ...which }, texts);
    const [isThere, next] = await together([say(frame), entriesOf(parts[index + 1])]);
    if (!isThere) return leave();
    entries = next;
  }
  if (!(await settleAt(ports, channel, entrant, 0))) return true; // it has entered again; that handler sends the rest
  await tellNews(ports, { instanceId, connection, said, again, cleared }, say);
  return true;

  async function leave(): Promise<false> {
    const { at, requestId } = frame;
    await remove(ports, memoryChannel, channel, [connection.id], { at, by: `gone:${requestId}`, lastWords: true });
    return false;
  }
}

const present = (rows: readonly RowOutline[], cleared: number): RowOutline[] =>
  rows.filter(({ isDeleted, version }) => !isDeleted && version > cleared);

/** As many per frame as fit; at least one frame. */
function packed(outlines: readonly RowOutline[]): RowOutline[][] {
  const room = maxEntryBytes;
  const parts: RowOutline[][] = [[]];
  let size = 0;
  for (const outline of outlines) {
    const bytes =
      outline.bytes +
      (outline.isBlob ? referenceBytes : 0) +
      Buffer.byteLength(JSON.stringify(outline.key)) +
      wordsPerEntry;
    if (size > 0 && size + bytes > room) {
      parts.push([]);
      size = 0;
    }
    parts.at(-1)?.push(outline);
    size += bytes;
  }
  return parts;
}

interface Told {
  readonly instanceId: string;
  readonly connection: Pick<Connection, 'id'>;
  /** Versions by key. */
  readonly said: ReadonlyMap<string, number>;
  readonly again: EpochMs | undefined;
  /** Up to which version keys had been cleared when the snapshot was read. */
  readonly cleared: number;
}

/** Sends the keys that differ from what the client was sent. */
async function tellNews(
  ports: Ports,
  { instanceId, connection, said, again, cleared }: Told,
  say: (frame: string) => Promise<boolean>,
): Promise<void> {
  const [rows, head] = await Promise.all([queryOutlines(ports, instanceId), readMemoryHead(ports, instanceId)]);
  const there = new Map(present(rows, head.cleared).map(({ key, version }) => [key, version]));
  const isCleared = again !== undefined && head.cleared > cleared;
  if (isCleared) await say(clearedFrame(head.clearedBy, head.clearedAt, head.cleared));
  const changed = [...there].flatMap(([key, version]) => (!isCleared && said.get(key) === version ? [] : key));
  const lost = [...said.keys()].filter((key) => !there.has(key));
  const gone = rows.filter(
    ({ isDeleted, updatedAt }) => isDeleted && again !== undefined && updatedAt >= again - clocksDifferMs,
  );
  const names = new Set([...changed, ...lost, ...gone.map(({ key }) => key)]);
  for (const key of names) await tellKeyTo(ports, { instanceId, key, to: [connection.id] });
}
