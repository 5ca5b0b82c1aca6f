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
 * Keys of an instance change here. Each change takes a version, and of two the one with the later version counts. A row is
 * replaced as it was read, and read again where it has changed meanwhile: so what is merged is merged with what is there,
 * what is counted is counted once, and no stored value is left over. Who wrote it lately stands in the row: a frame that
 * comes again has been done, also when others have written since.
 */

/** What is written to. */
export type WrittenInstance = Pick<Instance, 'id' | 'isReadOnly' | 'hasWebhooks'>;

export interface Wanted {
  readonly key: string;
  /** Any JSON value; undefined: it stays what it is. */
  readonly value: unknown;
  /** Members that are not given stay what they are, unless it `forgetsAttributes`. */
  readonly attributes?: Attributes | undefined;
  /** Members of `attributes` that are not given become what a new key has. */
  readonly forgetsAttributes?: boolean;
  /** The version that the key has to have, 0 for none. */
  readonly ifVersion?: number | undefined;
  readonly by: UserId;
}

/** The delivery that asks. */
export interface Delivery extends Writer {
  /** It may have been done before: it comes again. */
  readonly isRepeated: boolean;
}

export interface Outcome {
  /** The key as it is now: what was wanted, or what somebody has written since. */
  readonly state: KeyState;
  /** Whether others have to hear of it. */
  readonly isNews: boolean;
  /** By which it is known who listens; read before the key was written. */
  readonly head: MemoryHead;
  /** What is not kept any more, and still counted. */
  readonly freed?: Growth;
}

/** Values above this are refused, however they come. */
export const maxValueBytes = 25 * 1024 * 1024;

/**
 * Nobody has heard of it yet, and what it has freed is still counted: see `announcing.ts`.
 * @throws Failure `invalid_memory_key`, `value_too_large`, `limit_exceeded`, `instance_readonly`, `unacceptable_request`;
 * `conflict` with the version that there is; `not_found` when the instance has gone
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
    // What was there has been cleared since it was read, before this version: nothing of it may be taken along.
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
    // It was not there: of that only whoever asked hears, and that it was them.
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

/** Whether a change that may have been made is known to have been. */
export async function wasMade(ports: Ports, instanceId: string, key: string, delivery: Delivery): Promise<boolean> {
  const { head, row } = await readRow(ports, instanceId, key);
  return isOvertaken({ ...delivery, isRepeated: true }, head, row);
}

/**
 * A frame that comes again, of which its row knows, or so many others since that it would know no more; or everything has
 * been cleared since the frame came. It was done, before theirs.
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

/** @returns undefined where the value stays what it is */
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

/** What is merged keeps the bound as well; whoever says nothing of attributes changes what stands with larger ones. */
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

/** The value where it is to stay: what was given is stored once, however often its row has to be read again. */
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
  /** As it was when the version was taken. */
  readonly head: MemoryHead;
  /** What was counted when the version was taken. */
  readonly counted: Growth;
}

/** Of a row that is deleted nothing is counted, of one that was cleared everything is. */
function growthOf(row: Row | undefined, bytes: number): Growth {
  return { keys: row?.entry ? 0 : 1, bytes: bytes - (row?.entry?.bytes ?? 0) };
}

/** A version, and room; one that was taken before does, with the difference counted. */
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
