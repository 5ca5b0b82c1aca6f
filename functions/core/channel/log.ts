import { branded } from '../branded.ts';
import { ex } from '../expression.ts';
import { blockOf, blockSize, keys, padded } from '../keys.ts';
import type { ChannelName, ConnectionId, EpochMs } from '../names.ts';
import type { Ports } from '../ports.ts';
import type { Item } from '../table.ts';
import type { Entry, Head } from './channel.ts';

/** If a number has no entry after this time, its writer has died, and a reader seals it. */
export const sealAfterMs = 5_000;

export async function readHead(ports: Ports, channel: ChannelName): Promise<Head | undefined> {
  const item = await ports.table.get(keys.head(channel));
  return item && headOf(item);
}

/** Raises the membership version after a member joined or left, so that cached lists of members become stale. */
export async function countMembership(ports: Ports, channel: ChannelName): Promise<Head> {
  const written = await ports.table.update(
    keys.head(channel),
    ex`SET epoch = if_not_exists(epoch, ${newEpoch(ports)}) ADD version ${1}`,
  );
  return headOf(written.ok ? (written.item ?? {}) : {});
}

/** Makes all posts to this channel use the queue, until its last member has left. */
export async function setWide(ports: Ports, channel: ChannelName, wide: boolean): Promise<void> {
  await ports.table.update(keys.head(channel), ex`SET wide = ${wide}`, { when: ex`attribute_exists(pk)` });
}

/**
 * Takes the next number. Its time is never before the last one's, though clocks differ between processes: a writer whose
 * clock is behind takes the last one's time.
 */
export async function takeNumber(ports: Ports, channel: ChannelName): Promise<Head> {
  let at = ports.clock.now();
  for (;;) {
    const taken = await ports.table.update(
      keys.head(channel),
      ex`SET epoch = if_not_exists(epoch, ${newEpoch(ports)}), at = ${at} ADD sequence ${1}`,
      { when: ex`attribute_not_exists(at) OR at <= ${at}` },
    );
    if (taken.ok) return headOf(taken.item ?? {});
    at = branded<EpochMs>(Number(taken.current?.at ?? at));
  }
}

/** The item of an entry; put under the condition that its number is still free. */
export function entryItem(channel: ChannelName, entry: Entry, retentionMs: number | undefined) {
  return {
    ...keys.entry(channel, entry.sequence),
    sequence: entry.sequence,
    epoch: entry.epoch,
    at: entry.at,
    from: entry.from,
    request: entry.request,
    body: entry.blob === undefined ? entry.body : undefined,
    blob: entry.blob,
    sealed: entry.sealed ? true : undefined,
    ttl: retentionMs === undefined ? undefined : Math.ceil((entry.at + retentionMs) / 1000),
  };
}

export const numberIsFree = ex`attribute_not_exists(pk)`;

/** The entries between two numbers. */
export interface Stretch {
  /** Oldest first. */
  readonly entries: readonly Entry[];
  /** Numbers whose entries may still be written, in ascending order. */
  readonly pending: readonly number[];
  /** Some of the entries have expired. */
  readonly expired: boolean;
}

/** Reads the entries in (after, to], and seals numbers that have been empty for too long. */
export async function readStretch(
  ports: Ports,
  channel: ChannelName,
  after: number,
  head: Head,
  retentionMs: number | undefined,
): Promise<Stretch> {
  const found = await findEntries(ports, channel, after, head.sequence);
  return fillGaps(ports, channel, after + 1, head, found, { retentionMs, seal });
}

/** The existing entries in (after, to], by number. */
export async function findEntries(
  ports: Ports,
  channel: ChannelName,
  after: number,
  to: number,
): Promise<Map<number, Entry>> {
  const found = new Map<number, Entry>();
  for (const { pk, from } of blocksOf(channel, after, to)) {
    const items = await ports.table.query({ pk, from, to: padded(to) });
    for (const item of items) found.set(Number(item.sequence), entryOf(item));
  }
  return found;
}

/** The partitions that hold the numbers in (after, to], and the first sort key of each. */
export function blocksOf(channel: ChannelName, after: number, to: number): { pk: string; from: string }[] {
  if (after >= to) return [];
  const first = Math.floor((after + 1) / blockSize);
  const count = Math.floor(to / blockSize) - first + 1;
  return Array.from({ length: count }, (_, index) => ({
    pk: blockOf(channel, (first + index) * blockSize),
    from: padded(after + 1),
  }));
}

/** The newest entries, sealed ones left out: `limit` of them at most, skipping `offset` of the newest. */
export async function readTail(
  ports: Ports,
  channel: ChannelName,
  head: Head,
  { limit, offset = 0, retentionMs }: { limit: number; offset?: number; retentionMs: number | undefined },
): Promise<Stretch> {
  const found = new Map<number, Entry>();
  const wanted = limit + offset;
  let visible = 0;
  let to = head.sequence;
  while (to >= 1 && visible < wanted) {
    const pk = blockOf(channel, to);
    const items = await ports.table.query({ pk, to: padded(to), backward: true, limit: wanted - visible });
    for (const item of items) {
      const entry = entryOf(item);
      found.set(entry.sequence, entry);
      if (!entry.sealed) visible++;
    }
    // Blocks are dense, so if one below the newest is empty, its entries have expired.
    if (items.length === 0 && pk !== blockOf(channel, head.sequence)) break;
    const oldest = items.at(-1);
    const blockStart = Math.floor(to / blockSize) * blockSize;
    to =
      items.length < wanted && (!oldest || Number(oldest.sequence) <= blockStart)
        ? blockStart - 1
        : Number(oldest?.sequence ?? blockStart) - 1;
  }
  const from = found.size === 0 ? Math.max(1, head.sequence - wanted + 1) : Math.min(...found.keys());
  const stretch = await fillGaps(ports, channel, from, head, found, { retentionMs, seal });
  const shown = stretch.entries.filter((entry) => !entry.sealed);
  return { ...stretch, entries: shown.slice(Math.max(0, shown.length - wanted), Math.max(0, shown.length - offset)) };
}

/** How many entries to search at a time. */
const searchPage = 500;

/**
 * Finds the entry that a delivery wrote before it was repeated. It cannot be older than the frame.
 * @returns the entry, and whether it is its sender's last. An earlier one has already reached all members, because a
 * connection's frames are processed one after another
 */
export async function findWritten(
  ports: Ports,
  channel: ChannelName,
  { request, from, since }: { readonly request: string; readonly from: ConnectionId; readonly since: EpochMs },
): Promise<{ readonly entry: Entry; readonly isLast: boolean } | undefined> {
  const head = await readHead(ports, channel);
  if (!head) return undefined;
  let isLast = true;
  for (let upTo = head.sequence; upTo >= 1; upTo -= searchPage) {
    const page = { ...head, sequence: upTo };
    const { entries } = await readTail(ports, channel, page, { limit: searchPage, retentionMs: undefined });
    for (const entry of entries.toReversed()) {
      if (entry.request === request) return { entry, isLast };
      if (entry.from === from) isLast = false;
    }
    const oldest = entries[0];
    if (!oldest || oldest.at < since - sealAfterMs) return undefined;
  }
  return undefined;
}

/**
 * Seals a number permanently. @returns the entry that it has now; undefined when that is unknown, so that the caller
 * must read again
 */
export type Seal = (ports: Ports, channel: ChannelName, entry: Entry) => Promise<Entry | undefined>;

/** Turns the entries found into a stretch. A missing number is pending, or sealed if it was taken long ago. */
export async function fillGaps(
  ports: Ports,
  channel: ChannelName,
  from: number,
  head: Head,
  found: ReadonlyMap<number, Entry>,
  { retentionMs, seal }: { readonly retentionMs: number | undefined; readonly seal: Seal },
): Promise<Stretch> {
  const now = ports.clock.now();
  const keptSince = retentionMs === undefined ? 0 : now - retentionMs;
  const entries: Entry[] = [];
  const pending: number[] = [];
  let takenBefore = head.at; // the number looked at was taken no later than the one after it
  for (let number = head.sequence; number >= from; number--) {
    const entry =
      found.get(number) ??
      (takenBefore > now - sealAfterMs || takenBefore < keptSince
        ? undefined
        : await seal(ports, channel, sealOf(number, head.epoch, takenBefore)));
    if ((entry?.at ?? takenBefore) < keptSince)
      return { entries: entries.reverse(), pending: pending.reverse(), expired: true };
    if (entry) {
      entries.push(entry);
      takenBefore = entry.at;
    } else {
      pending.push(number);
    }
  }
  return { entries: entries.reverse(), pending: pending.reverse(), expired: false };
}

/** The writer of entries that no connection has written. */
export const nobody = branded<ConnectionId>('nobody');

export const sealOf = (sequence: number, epoch: string, at: EpochMs): Entry => ({
  sequence,
  epoch,
  at,
  from: nobody,
  request: 'sealed',
  body: 'null',
  sealed: true,
});

/** Puts an empty entry, or returns the one that its writer has put after all. */
async function seal(ports: Ports, channel: ChannelName, entry: Entry): Promise<Entry> {
  const written = await ports.table.put(entryItem(channel, entry, undefined), numberIsFree);
  return written.ok || !written.current ? entry : entryOf(written.current);
}

/** Short, and different from any other start of this log. */
export function newEpoch(ports: Ports): string {
  return ports.ids.uuid().replaceAll('-', '').slice(0, 12);
}

export function headOf(item: Item): Head {
  return {
    epoch: String(item.epoch),
    sequence: Number(item.sequence ?? 0),
    at: branded<EpochMs>(Number(item.at ?? 0)),
    version: Number(item.version ?? 0),
    wide: item.wide === true,
    of: typeof item.of === 'string' ? item.of : undefined,
    start: Number(item.start ?? 0),
    snapshot: typeof item.snapshot === 'string' ? item.snapshot : undefined,
    size: Number(item.size ?? 0),
    startedAt: typeof item.startedAt === 'number' ? branded<EpochMs>(item.startedAt) : undefined,
    before: Number(item.before ?? 0),
    swept: Number(item.swept ?? 0),
    noted: item.noted === true,
  };
}

export function entryOf(item: Item): Entry {
  return {
    sequence: Number(item.sequence),
    epoch: String(item.epoch),
    at: branded<EpochMs>(Number(item.at)),
    from: branded<ConnectionId>(String(item.from)),
    request: String(item.request),
    body: String(item.body ?? ''),
    ...(typeof item.blob === 'string' ? { blob: item.blob } : {}),
    sealed: item.sealed === true,
  };
}
