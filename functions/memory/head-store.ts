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
 * The state of an instance's memory as a whole, in the head of its channel: its last version, when it was cleared, and
 * how much it holds. A writer counts a change before it writes it, so a handler that dies leaves too high a count.
 * Before a change is refused, everything is counted again, at most once a minute. That misses what is being written at
 * that moment.
 */
export interface MemoryHead extends Pick<Head, 'epoch' | 'version' | 'wide'> {
  /** The last version taken; 0 at first. */
  readonly sequence: number;
  /** Keys up to this version were cleared; 0 if the instance was never cleared. */
  readonly cleared: number;
  readonly clearedAt: EpochMs;
  readonly clearedBy: UserId;
  /** Rows, and bytes of their values, that count toward the limits. */
  readonly keys: number;
  readonly bytes: number;
  readonly countedAt: EpochMs;
  readonly isErased: boolean;
  /** A client edits the instance as a document, or has done so. */
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
 * Takes the next version, and room for what is about to be written. A change that needs no room is never refused for
 * lack of it.
 * @param versions how many to take; the head has the last one
 * @returns 'refused' if there is no such room, or the instance was erased
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

/** Subtracts what was counted and then not written, or has been deleted. */
export async function countLess(ports: Ports, instanceId: string, { keys: fewer, bytes }: Growth): Promise<void> {
  if (fewer === 0 && bytes === 0) return;
  await ports.table.update(keys.head(channelOf(instanceId)), ex`ADD memoryKeys ${-fewer}, memoryBytes ${-bytes}`, {
    when: ex`attribute_exists(memoryKeys)`,
  });
}

/**
 * Corrects the counts by the difference that counting again has found, so that concurrent changes stay counted. Of
 * several concurrent corrections one takes effect.
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

/** How long a repeated clear is recognized. */
const onceMs = 10 * 60_000;

/**
 * Clears all keys with this write.
 * @param request the delivery that asks; when it is repeated, nothing happens
 * @param hooked whether the instance has webhooks
 * @returns the head afterwards; undefined when the instance is gone
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

/**
 * Records that the instance has a document: from then on, each handler that changes a key has the document follow.
 * @returns false when the instance is gone
 */
export async function noteDocument(ports: Ports, instanceId: string): Promise<boolean> {
  const noted = await ports.table.update(
    keys.head(channelOf(instanceId)),
    ex`SET hasDocument = ${true}, epoch = if_not_exists(epoch, ${newEpoch(ports)})`,
    { when: ex`attribute_not_exists(erased)` },
  );
  return noted.ok;
}

/** Longer than any writer takes that began before. */
const erasedKnownMs = 24 * 3_600_000;

/** Records the erasure: from then on, no change is written. */
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
