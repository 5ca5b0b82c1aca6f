import { branded } from '../core/branded.ts';
import type { Head } from '../core/channel/channel.ts';
import { headOf, newEpoch } from '../core/channel/log.ts';
import { ex } from '../core/expression.ts';
import { keys } from '../core/keys.ts';
import type { EpochMs, UserId } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import type { Item } from '../core/table.ts';
import { channelOf } from './channel.ts';

/**
 * What there is of an instance's memory as a whole, on the head of its channel: its last version, when it was cleared, and
 * how much is kept. A change is counted before it is written, so that a handler that dies leaves too high a count. Before a
 * change is refused, everything is counted anew, at most once a minute; that misses what is being written at that moment.
 */
export interface MemoryHead extends Pick<Head, 'epoch' | 'version' | 'wide'> {
  /** The last version taken; 0 at first. */
  readonly sequence: number;
  /** Keys up to this version are not there any more; 0 where it was never cleared. */
  readonly cleared: number;
  readonly clearedAt: EpochMs;
  readonly clearedBy: UserId;
  /** Rows, and bytes of their values, that count for the bounds. */
  readonly keys: number;
  readonly bytes: number;
  readonly countedAt: EpochMs;
  readonly isErased: boolean;
  /** Somebody has come who edits it as a document. */
  readonly hasDocument: boolean;
}

export interface Growth {
  readonly keys: number;
  readonly bytes: number;
}

export async function readMemoryHead({ table }: Pick<Ports, 'table'>, instanceId: string): Promise<MemoryHead> {
  return memoryHeadOf(await table.get(keys.head(channelOf(instanceId))));
}

/**
 * Takes the next version, and the room for what is about to be written. What takes no room is never refused for it.
 * @param versions how many are taken; the head has the last one
 * @returns 'refused' where there is no such room, or no such instance any more
 */
export async function takeVersion(
  ports: Ports,
  instanceId: string,
  { keys: more, bytes }: Growth,
  versions = 1,
): Promise<MemoryHead | 'refused'> {
  const { instanceMaxKeys, instanceMaxBytes } = ports.settings;
  const roomForBytes = instanceMaxBytes - Math.max(0, bytes);
  const roomForKeys = instanceMaxKeys - Math.max(0, more);
  if (roomForBytes < 0 || roomForKeys < 0) return 'refused';
  const taken = await ports.table.update(
    keys.head(channelOf(instanceId)),
    ex`SET epoch = if_not_exists(epoch, ${newEpoch(ports)}) ADD sequence ${versions}, memoryKeys ${more}, memoryBytes ${bytes}`,
    {
      when:
        more <= 0 && bytes <= 0
          ? ex`attribute_not_exists(erased)`
          : ex`attribute_not_exists(erased) AND (attribute_not_exists(memoryKeys) OR (memoryKeys <= ${roomForKeys} AND memoryBytes <= ${roomForBytes}))`,
    },
  );
  return taken.ok ? memoryHeadOf(taken.item) : 'refused';
}

/** What was counted has not come to be, or what was there is not any more. */
export async function countLess(ports: Ports, instanceId: string, { keys: fewer, bytes }: Growth): Promise<void> {
  if (fewer === 0 && bytes === 0) return;
  await ports.table.update(keys.head(channelOf(instanceId)), ex`ADD memoryKeys ${-fewer}, memoryBytes ${-bytes}`, {
    when: ex`attribute_exists(memoryKeys)`,
  });
}

/**
 * Corrects the count by what counting anew has found, so that what others count meanwhile stays counted. Of several who count
 * at once one does so.
 * @param head as it was before counting
 */
export async function correctCounts(
  ports: Ports,
  instanceId: string,
  head: MemoryHead,
  counted: Growth,
): Promise<void> {
  const [moreKeys, moreBytes] = [counted.keys - head.keys, counted.bytes - head.bytes];
  await ports.table.update(
    keys.head(channelOf(instanceId)),
    ex`SET countedAt = ${ports.clock.now()} ADD memoryKeys ${moreKeys}, memoryBytes ${moreBytes}`,
    {
      when: ex`attribute_not_exists(erased) AND (attribute_not_exists(countedAt) OR countedAt = ${head.countedAt})`,
    },
  );
}

/** How long a clear that comes again is known. */
const onceMs = 10 * 60_000;

/**
 * From here on nothing is there.
 * @param request the delivery that asks; should it come again, nothing happens any more
 * @param hooked whether somebody outside wants to hear of it
 * @returns the head as it is then; undefined when the instance is gone
 */
export async function noteCleared(
  ports: Ports,
  instanceId: string,
  { by, request, hooked }: { readonly by: UserId; readonly request: string; readonly hooked: boolean },
): Promise<MemoryHead | undefined> {
  const channel = channelOf(instanceId);
  const now = ports.clock.now();
  const done = await ports.table.transact([
    {
      update: keys.head(channel),
      change: ex`SET epoch = if_not_exists(epoch, ${newEpoch(ports)}), sequence = if_not_exists(sequence, ${0}) + ${1}, cleared = if_not_exists(sequence, ${0}) + ${1}, clearedAt = ${now}, clearedBy = ${by}, hooked = ${hooked}`,
      when: ex`attribute_not_exists(erased)`,
    },
    {
      put: { ...keys.once(channel, request), ttl: Math.ceil((now + onceMs) / 1000) },
      when: ex`attribute_not_exists(pk)`,
    },
  ]);
  const head = await readMemoryHead(ports, instanceId);
  return done.ok || !head.isErased ? head : undefined;
}

/** From here on whoever changes a key sees to it that the document follows. @returns false when the instance is gone */
export async function noteDocument(ports: Ports, instanceId: string): Promise<boolean> {
  const noted = await ports.table.update(
    keys.head(channelOf(instanceId)),
    ex`SET hasDocument = ${true}, epoch = if_not_exists(epoch, ${newEpoch(ports)})`,
    { when: ex`attribute_not_exists(erased)` },
  );
  return noted.ok;
}

/** Longer than any writer takes that has begun before. */
const erasedKnownMs = 24 * 3_600_000;

/** From here on nothing is written any more. */
export async function noteErased(ports: Ports, instanceId: string): Promise<void> {
  const ttl = Math.ceil((ports.clock.now() + erasedKnownMs) / 1000);
  await ports.table.update(
    keys.head(channelOf(instanceId)),
    ex`SET erased = ${true}, ttl = ${ttl}, epoch = if_not_exists(epoch, ${newEpoch(ports)})`,
  );
}

export function memoryHeadOf(item: Item = {}): MemoryHead {
  const { epoch, version, wide, sequence } = headOf(item);
  return {
    epoch,
    version,
    wide,
    sequence,
    cleared: Number(item.cleared ?? 0),
    clearedAt: branded<EpochMs>(Number(item.clearedAt ?? 0)),
    clearedBy: branded<UserId>(String(item.clearedBy ?? '')),
    keys: Number(item.memoryKeys ?? 0),
    bytes: Number(item.memoryBytes ?? 0),
    countedAt: branded<EpochMs>(Number(item.countedAt ?? 0)),
    isErased: item.erased === true,
    hasDocument: item.hasDocument === true,
  };
}
