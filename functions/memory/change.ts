import { isSameJson } from '../core/canonical.ts';
import { Failure } from '../core/errors.ts';
import { maxDepth, tooDeepIn } from '../core/json.ts';
import type { UserId } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import type { Instance } from '../projects/instance.ts';
import { type Attributes, checkAttributes, checkSize, completed } from './attributes.ts';
import { countLess, type Growth, type MemoryHead, takeVersion } from './head-store.ts';
import { checkName, isGone, type KeyState, type MemoryKey } from './memory-key.ts';
import { makeRoom } from './room.ts';
import { putEntry, putGone, type Row, readRow, stateOf, type Writer, writersRemembered } from './row-store.ts';
import { fits, isOwnAddress, type KeptValue, keepValue, textOf } from './values.ts';

/**
 * Changes keys of an instance. Each change takes a version, and of two changes the one with the later version wins. A
 * row is replaced only if it is still as it was read; otherwise it is read again. So a change merges with the current
 * row, counts it once, and orphans no stored value. The row lists its recent writers, so that a repeated frame is
 * recognized as done even if others have written since.
 */

/** The instance that is written to. */
export type WrittenInstance = Pick<Instance, 'id' | 'isReadOnly' | 'hasWebhooks'>;

export interface Wanted {
  readonly key: string;
  /** Any JSON value; undefined keeps the current one. */
  readonly value: unknown;
  /** Members that are not given keep their value, unless it `forgetsAttributes`. */
  readonly attributes?: Attributes | undefined;
  /** Members of `attributes` that are not given get the defaults of a new key. */
  readonly forgetsAttributes?: boolean;
  /** The version that the key must have; 0: it must not exist. */
  readonly ifVersion?: number | undefined;
  readonly by: UserId;
}

/** The delivery of the request. */
export interface Delivery extends Writer {
  /** It was delivered before, so it may have been done. */
  readonly isRepeated: boolean;
}

export interface Outcome {
  /** The key's current state: what was wanted, or what another writer has written since. */
  readonly state: KeyState;
  /** Whether others must receive it. */
  readonly isNews: boolean;
  /** Tells who listens; read before the key was written. */
  readonly head: MemoryHead;
  /** Space that is free now, but still counted. */
  readonly freed?: Growth;
}

/** Larger values are refused, however they arrive. */
export const maxValueBytes = 25 * 1024 * 1024;

/**
 * Neither broadcasts the change nor subtracts what it has freed: see `announcing.ts`.
 * @throws Failure `invalid_memory_key`, `value_too_large`, `limit_exceeded`, `instance_readonly`,
 * `unacceptable_request`; `conflict` with the current version; `not_found` when the instance is gone
 */
export async function change(
  ports: Ports,
  instance: WrittenInstance,
  wanted: Wanted,
  delivery: Delivery,
): Promise<Outcome> {
  const { key, ifVersion } = wanted;
  checkName(key);
  if (wanted.attributes !== undefined) checkAttributes(wanted.attributes);
  refuseReadOnly(instance);
  const given = givenValue(ports, instance, wanted);
  let kept: KeptValue | undefined;
  let room: Room | undefined;
  for (;;) {
    const { head, row } = await readRow(ports, instance.id, key);
    const state = stateOf(head, key, row);
    const isDone = isOvertaken(delivery, head, row);
    const isLater = room !== undefined && state.version > room.version;
    if (isDone || isLater || !isExpected(state, ifVersion)) await giveBack(ports, instance, room);
    if (!isDone) refuseConflict(state, ifVersion);
    if (isDone || isLater) return { state, head, isNews: delivery.isRepeated };
    const before = isGone(state) ? undefined : state;
    const attributes = completed(wanted.attributes, wanted.forgetsAttributes ? undefined : before?.attributes);
    if (given === undefined && !before) {
      await giveBack(ports, instance, room);
      return { state, head, isNews: false };
    }
    if (before && (await isAsWanted(ports, before, given, attributes))) {
      await giveBack(ports, instance, room);
      return { state: before, head, isNews: delivery.isRepeated };
    }
    if (wanted.attributes !== undefined) await refuseLarge(ports, instance, attributes, room);
    kept = await keptAnew(ports, instance, { key, given, attributes, before, kept });
    room = await roomFor(ports, instance, { row, bytes: kept.bytes, room });
    // The instance was cleared after the row was read, before this version was taken. Nothing of the row may stay.
    if (room.head.cleared > head.cleared) continue;
    const { version } = room;
    const isReadonlyUnsaid = leavesReadonlyUnsaid(wanted, before);
    const written = { version, updatedAt: delivery.at, updatedBy: wanted.by };
    const entry: MemoryKey = { ...kept, key, attributes, isReadonlyUnsaid, ...written };
    const writing = { instanceId: instance.id, base: row, by: delivery, hooked: instance.hasWebhooks };
    if (await putEntry(ports, writing, entry)) {
      const freed = { keys: 0, bytes: Math.max(0, -growthOf(row, kept.bytes).bytes) };
      return { state: entry, isNews: true, head: room.head, freed };
    }
  }
}

export async function remove(
  ports: Ports,
  instance: WrittenInstance,
  { key, by }: { readonly key: string; readonly by: UserId },
  delivery: Delivery,
): Promise<Outcome> {
  checkName(key);
  refuseReadOnly(instance);
  let version: number | undefined;
  for (;;) {
    const { head, row } = await readRow(ports, instance.id, key);
    const state = stateOf(head, key, row);
    const isDone = isOvertaken(delivery, head, row) || (version !== undefined && state.version > version);
    // The key did not exist. Only the caller receives this deletion, as its own.
    if (!isDone && isGone(state))
      return { state: { ...state, updatedAt: delivery.at, updatedBy: by }, head, isNews: false };
    if (isDone || isGone(state) || !row) return { state, head, isNews: delivery.isRepeated };
    version ??= (await taken(ports, instance, { keys: 0, bytes: 0 })).sequence;
    const writing = { instanceId: instance.id, base: row, by: delivery, hooked: instance.hasWebhooks };
    if (await putGone(ports, writing, { version, updatedBy: by })) {
      const gone = { key, isGone: true, version, updatedAt: delivery.at, updatedBy: by } as const;
      return { state: gone, isNews: true, head, freed: { keys: 1, bytes: state.bytes } };
    }
  }
}

/** Whether a delivery that may have been done before is known to be done. */
export async function wasMade(ports: Ports, instanceId: string, key: string, delivery: Delivery): Promise<boolean> {
  const { head, row } = await readRow(ports, instanceId, key);
  return isOvertaken({ ...delivery, isRepeated: true }, head, row);
}

/**
 * Whether a repeated delivery was done before. It was if the row lists it, or lists so many later writers that it may
 * have dropped this one, or if the instance was cleared after the delivery arrived.
 */
function isOvertaken({ isRepeated, request, at }: Delivery, { clearedAt }: MemoryHead, row: Row | undefined): boolean {
  if (!isRepeated) return false;
  if (clearedAt > at) return true;
  const writers = row?.writers ?? [];
  const oldest = writers.at(-1);
  return (
    writers.some((one) => one.request === request) ||
    (writers.length >= writersRemembered && oldest !== undefined && oldest.at > at)
  );
}

function leavesReadonlyUnsaid(wanted: Wanted, before: MemoryKey | undefined): boolean {
  if (wanted.attributes?.readonly !== undefined) return false;
  return !before || wanted.forgetsAttributes === true || before.isReadonlyUnsaid === true;
}

interface Given {
  /** JSON. */
  readonly text: string;
  readonly value: unknown;
}

/** @returns undefined if the value stays as it is */
function givenValue(ports: Ports, { id }: WrittenInstance, { key, value }: Wanted): Given | undefined {
  if (value === undefined || isOwnAddress(ports, { instanceId: id, key }, value)) return undefined;
  const text = JSON.stringify(value);
  const bytes = Buffer.byteLength(text);
  if (bytes > maxValueBytes)
    throw new Failure('value_too_large', `A value has at most ${maxValueBytes} bytes, and this one ${bytes}.`);
  const tooDeep = tooDeepIn(text, maxDepth);
  if (tooDeep) throw tooDeep;
  return { text, value };
}

async function isAsWanted(
  ports: Ports,
  before: MemoryKey,
  given: Given | undefined,
  attributes: Attributes,
): Promise<boolean> {
  if (!isSameJson(before.attributes, attributes)) return false;
  if (given === undefined) return true;
  if ('blob' in before.kept && Buffer.byteLength(given.text) !== before.bytes) return false;
  const text = await textOf(ports, before);
  return text !== undefined && (text === given.text || isSameJson(JSON.parse(text), given.value));
}

/** Also limits merged attributes. A change without attributes still works on keys that exceed the limit already. */
async function refuseLarge(
  ports: Ports,
  instance: WrittenInstance,
  attributes: Attributes,
  room: Room | undefined,
): Promise<void> {
  try {
    checkSize(attributes);
  } catch (tooLarge) {
    await giveBack(ports, instance, room);
    throw tooLarge;
  }
}

interface Keeping {
  readonly key: string;
  readonly given: Given | undefined;
  readonly attributes: Attributes;
  readonly before: MemoryKey | undefined;
  readonly kept: KeptValue | undefined;
}

/** The stored value. A given value is stored once, however often the row has to be read again. */
async function keptAnew(ports: Ports, { id: instanceId }: WrittenInstance, keeping: Keeping): Promise<KeptValue> {
  const { key, given, attributes, before, kept } = keeping;
  const place = { instanceId, key, attributes: JSON.stringify(attributes) };
  const earlier = given ? kept : before;
  if (earlier && fits(earlier.kept, place.attributes)) return onlyValue(earlier);
  const text = given?.text ?? (before && 'text' in before.kept ? before.kept.text : undefined);
  if (text === undefined) throw new Error('a value that stays is there');
  return keepValue(ports, place, text);
}

const onlyValue = ({ kept, bytes, sha256 }: KeptValue): KeptValue => ({
  kept,
  bytes,
  ...(sha256 === undefined ? {} : { sha256 }),
});

interface Room {
  readonly version: number;
  /** The head when the version was taken. */
  readonly head: MemoryHead;
  /** What was counted when the version was taken. */
  readonly counted: Growth;
}

/** How much the count grows. It does not include deleted rows, but it includes cleared ones until they are deleted. */
function growthOf(row: Row | undefined, bytes: number): Growth {
  return { keys: row?.entry ? 0 : 1, bytes: bytes - (row?.entry?.bytes ?? 0) };
}

/** Takes a version and room. If a version was taken before, keeps it, and counts only the difference. */
async function roomFor(
  ports: Ports,
  instance: WrittenInstance,
  { row, bytes, room }: { readonly row: Row | undefined; readonly bytes: number; readonly room: Room | undefined },
): Promise<Room> {
  const growth = growthOf(row, bytes);
  const counted = { keys: growth.keys, bytes: Math.max(0, growth.bytes) };
  if (!room) {
    const head = await taken(ports, instance, counted);
    return { version: head.sequence, head, counted };
  }
  const less = { keys: room.counted.keys - counted.keys, bytes: room.counted.bytes - counted.bytes };
  await countLess(ports, instance.id, less);
  return { ...room, counted };
}

async function giveBack(ports: Ports, { id }: WrittenInstance, room: Room | undefined): Promise<void> {
  if (room) await countLess(ports, id, room.counted);
}

/** @throws Failure `limit_exceeded`, `not_found` */
async function taken(ports: Ports, { id }: WrittenInstance, growth: Growth): Promise<MemoryHead> {
  const head = await takeVersion(ports, id, growth);
  if (head !== 'refused') return head;
  await makeRoom(ports, id, growth);
  const again = await takeVersion(ports, id, growth);
  if (again !== 'refused') return again;
  throw new Failure('limit_exceeded', 'The instance has no room for more keys.');
}

export function refuseReadOnly({ isReadOnly }: Pick<WrittenInstance, 'isReadOnly'>): void {
  if (isReadOnly) throw new Failure('instance_readonly', 'The instance is read-only.');
}

const versionOf = (state: KeyState): number => (isGone(state) ? 0 : state.version);

const isExpected = (state: KeyState, ifVersion: number | undefined): boolean =>
  ifVersion === undefined || ifVersion === versionOf(state);

function refuseConflict(state: KeyState, ifVersion: number | undefined): void {
  if (isExpected(state, ifVersion)) return;
  throw new Failure('conflict', 'Version conflict', { version: versionOf(state), code: 'CONFLICT' });
}
