import { branded } from '../core/branded.ts';
import { ex } from '../core/expression.ts';
import { adopting, type KeptText, releasing } from '../core/kept-text.ts';
import { keys, memoryOf } from '../core/keys.ts';
import type { EpochMs, UserId } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import type { Item, Key, TransactWrite } from '../core/table.ts';
import type { Attributes } from './attributes.ts';
import { channelOf } from './channel.ts';
import { type MemoryHead, memoryHeadOf } from './head-store.ts';
import type { KeyState, MemoryKey } from './memory-key.ts';
import { deletingValue, isApart, puttingValue, readValues } from './value-store.ts';

/** Rows of memory keys: the only file that reads and writes them. */

/** A recent writer of a key. */
export interface Writer {
  /** The delivery that wrote. */
  readonly request: string;
  readonly at: EpochMs;
}

/** A row as it was read. The state of its key also depends on the head: {@link stateOf}. */
export interface Row extends Standing {
  /** Undefined for a deleted key. */
  readonly entry: MemoryKey | undefined;
  readonly updatedAt: EpochMs;
  readonly updatedBy: UserId;
  /** Newest first. */
  readonly writers: readonly Writer[];
}

/** The part of a row that is needed to replace or delete it. */
export interface Standing {
  readonly key: string;
  readonly version: number;
  /** Its value is in a row of its own. */
  readonly isApart: boolean;
  readonly blob: string | undefined;
}

/** How many writers a row remembers, so that repeated frames are recognized. */
export const writersRemembered = 8;
/** How long a deleted key keeps its version, so that slow handlers find it. */
const goneKeptMs = 24 * 3_600_000;
/** Longer than URLs of a value are valid. */
const replacedKeptMs = 2 * 3_600_000;

export async function readRow(
  ports: Pick<Ports, 'table'>,
  instanceId: string,
  key: string,
): Promise<{ readonly head: MemoryHead; readonly row: Row | undefined }> {
  const where = keys.memoryKey(instanceId, key);
  const isRow = ({ pk }: Item) => pk === where.pk;
  for (let tries = 0; tries < mostTries; tries++) {
    const items = await ports.table.batchGet([keys.head(channelOf(instanceId)), where]);
    const head = memoryHeadOf(items.find((item) => !isRow(item)));
    const found = items.filter(isRow);
    const [row] = await withValues(ports, instanceId, found);
    if (row || found.length === 0) return { head, row };
    // The key has changed between the two reads.
  }
  throw new Error(`the value of a key of ${instanceId} is lost, or changed ${mostTries} times while it was read`);
}

const mostTries = 50;

/** Several rows; missing ones are left out. */
export async function readRows(
  ports: Pick<Ports, 'table'>,
  instanceId: string,
  names: readonly string[],
): Promise<Row[]> {
  return settled(ports, instanceId, await ports.table.batchGet(namesIn(instanceId, names)));
}

const namesIn = (instanceId: string, names: readonly string[]): Key[] =>
  names.map((name) => keys.memoryKey(instanceId, name));

/** What {@link dropRow} needs of several rows, without their values. */
export async function readDoomed(
  { table }: Pick<Ports, 'table'>,
  instanceId: string,
  names: readonly string[],
): Promise<(Standing & { readonly isDeleted: boolean; readonly valueBytes: number })[]> {
  return (await table.batchGet(namesIn(instanceId, names))).map((item) => ({
    ...standingOf(item),
    ...outlineOf(item),
  }));
}

/** Rows with their values, as they were read or as they are now. */
async function settled(ports: Pick<Ports, 'table'>, instanceId: string, items: readonly Item[]): Promise<Row[]> {
  const rows = await withValues(ports, instanceId, items);
  if (rows.length === items.length) return rows;
  const read = new Set(rows.map(({ key }) => key));
  const changed = items.map(({ sk }) => String(sk)).filter((key) => !read.has(key));
  const again = await Promise.all(changed.map((key) => readRow(ports, instanceId, key)));
  return [...rows, ...again.flatMap(({ row }) => row ?? [])];
}

/** Leaves out rows whose values were replaced after they were read. */
async function withValues(ports: Pick<Ports, 'table'>, instanceId: string, items: readonly Item[]): Promise<Row[]> {
  const apart = items.map(standingOf).filter((one) => one.isApart);
  const texts = await readValues(ports, instanceId, new Map(apart.map(({ key, version }) => [key, version])));
  return items.flatMap((item) => {
    if (!standingOf(item).isApart) return rowOf(item);
    const text = texts.get(String(item.sk));
    return text === undefined ? [] : rowOf({ ...item, text });
  });
}

/** What a list needs of a row before it reads the value. */
export interface RowOutline {
  readonly key: string;
  readonly version: number;
  readonly isDeleted: boolean;
  readonly updatedAt: EpochMs;
  readonly attributes: Attributes;
  /** Of value and attributes in a frame, without a value that is a blob. */
  readonly bytes: number;
  /** Of the value alone, wherever it is; 0 for a deleted key. */
  readonly valueBytes: number;
  readonly isBlob: boolean;
  /** As in {@link MemoryKey}. */
  readonly isReadonlyUnsaid: boolean;
}

export async function queryOutlines({ table }: Pick<Ports, 'table'>, instanceId: string): Promise<RowOutline[]> {
  const only = ['sk', 'version', 'isDeleted', 'updatedAt', 'attributes', 'bytes', 'blob', 'readonlyUnsaid'];
  return (await table.query({ pk: memoryOf(instanceId), only })).map(outlineOf);
}

/** All rows with their values, and the outlines of all as they were first read. */
export async function queryOutlinedRows(
  ports: Pick<Ports, 'table'>,
  instanceId: string,
): Promise<{ readonly outlines: RowOutline[]; readonly rows: Row[] }> {
  const items = await ports.table.query({ pk: memoryOf(instanceId) });
  return { outlines: items.map(outlineOf), rows: await settled(ports, instanceId, items) };
}

function outlineOf(item: Item): RowOutline {
  const isBlob = typeof item.blob === 'string';
  const attributes = String(item.attributes ?? '{}');
  const valueBytes = Number(item.bytes ?? 0);
  return {
    key: String(item.sk),
    version: Number(item.version),
    isDeleted: item.isDeleted === true,
    updatedAt: branded<EpochMs>(Number(item.updatedAt)),
    attributes: attributesIn(attributes),
    bytes: (isBlob ? 0 : valueBytes) + Buffer.byteLength(attributes),
    valueBytes,
    isBlob,
    isReadonlyUnsaid: item.readonlyUnsaid === true,
  };
}

export interface Writing {
  readonly instanceId: string;
  /** The row must still be like this. */
  readonly base: Row | undefined;
  readonly by: Writer;
  /** Whether the instance has webhooks. */
  readonly hooked: boolean;
}

/** @returns false when the row has changed since it was read */
export function putEntry(ports: Ports, { instanceId, base, by, hooked }: Writing, entry: MemoryKey): Promise<boolean> {
  const { kept, version } = entry;
  const place = { instanceId, key: entry.key };
  const apart = 'text' in kept && isApart(entry.bytes, hooked) ? [puttingValue(place, version, kept.text)] : [];
  const value = apart.length > 0 ? { apart: true } : kept;
  const item = {
    ...keys.memoryKey(instanceId, entry.key),
    ...value,
    sha256: 'blob' in kept ? entry.sha256 : undefined,
    bytes: entry.bytes,
    attributes: JSON.stringify(entry.attributes),
    readonlyUnsaid: entry.isReadonlyUnsaid || undefined,
    version,
    updatedAt: entry.updatedAt,
    updatedBy: entry.updatedBy,
    writers: writersAfter(base, by),
    hooked: hooked || undefined,
  };
  const others = apart.length > 0 ? apart : droppingValue(place, base);
  return replace(ports, { item, base, kept }, others);
}

const droppingValue = (place: { readonly instanceId: string; readonly key: string }, base: Standing | undefined) =>
  base?.isApart ? [deletingValue(place)] : [];

/**
 * Replaces the row of a deleted key by what remains of it.
 * @returns false when the row has changed since it was read
 */
export function putGone(
  ports: Ports,
  { instanceId, base, by, hooked }: Writing & { readonly base: Row },
  { version, updatedBy }: { readonly version: number; readonly updatedBy: UserId },
): Promise<boolean> {
  const item = {
    ...keys.memoryKey(instanceId, base.key),
    isDeleted: true,
    version,
    updatedAt: by.at,
    updatedBy,
    writers: writersAfter(base, by),
    hooked: hooked || undefined,
    ttl: Math.ceil((by.at + goneKeptMs) / 1000),
  };
  return replace(ports, { item, base, kept: undefined }, droppingValue({ instanceId, key: base.key }, base));
}

/** Deletes a row for good. @returns false when it has changed since it was read */
export async function dropRow(ports: Ports, instanceId: string, row: Standing): Promise<boolean> {
  const key = keys.memoryKey(instanceId, row.key);
  const others = [...droppingValue({ instanceId, key: row.key }, row), ...releasingOf(ports, row, undefined)];
  if (others.length === 0) return (await ports.table.delete(key, isStill(row))).ok;
  return (await ports.table.transact([{ delete: key, when: isStill(row) }, ...others])).ok;
}

interface Replacing {
  readonly item: Key & Item;
  readonly base: Standing | undefined;
  readonly kept: KeptText | undefined;
}

async function replace(
  ports: Ports,
  { item, base, kept }: Replacing,
  ofValue: readonly TransactWrite[],
): Promise<boolean> {
  const adopted = kept && !goesOn(base, kept) ? adopting(kept) : [];
  const others = [...ofValue, ...adopted, ...releasingOf(ports, base, kept)];
  if (others.length === 0) return (await ports.table.put(item, isStill(base))).ok;
  return (await ports.table.transact([{ put: item, when: isStill(base) }, ...others])).ok;
}

/** A blob that the row had before and keeps is neither adopted nor released. */
const goesOn = (base: Standing | undefined, kept: KeptText | undefined): boolean =>
  kept !== undefined && 'blob' in kept && base?.blob === kept.blob;

function releasingOf(ports: Ports, base: Standing | undefined, kept: KeptText | undefined): TransactWrite[] {
  if (base?.blob === undefined || goesOn(base, kept)) return [];
  return releasing(ports, { blob: base.blob }, branded<EpochMs>(ports.clock.now() + replacedKeptMs));
}

const isStill = (base: Standing | undefined) =>
  base === undefined ? ex`attribute_not_exists(pk)` : ex`version = ${base.version}`;

function writersAfter(base: Row | undefined, by: Writer): readonly (readonly [string, number])[] {
  return [by, ...(base?.writers ?? [])].slice(0, writersRemembered).map(({ request, at }) => [request, at]);
}

const standingOf = (item: Item): Standing => ({
  key: String(item.sk),
  version: Number(item.version),
  isApart: item.apart === true,
  blob: typeof item.blob === 'string' ? item.blob : undefined,
});

/** @param item with its text, also if the value has a row of its own */
function rowOf(item: Item): Row {
  const standing = standingOf(item);
  const { key, version, blob } = standing;
  const updatedAt = branded<EpochMs>(Number(item.updatedAt));
  const updatedBy = branded<UserId>(String(item.updatedBy));
  // Written above.
  const writers = (item.writers ?? []) as readonly (readonly [string, number])[];
  const entry: MemoryKey | undefined =
    item.isDeleted === true
      ? undefined
      : {
          key,
          kept: blob === undefined ? { text: String(item.text) } : { blob },
          bytes: Number(item.bytes),
          ...(typeof item.sha256 === 'string' ? { sha256: item.sha256 } : {}),
          attributes: attributesIn(String(item.attributes)),
          isReadonlyUnsaid: item.readonlyUnsaid === true,
          version,
          updatedAt,
          updatedBy,
        };
  return {
    ...standing,
    entry,
    updatedAt,
    updatedBy,
    writers: writers.map(([request, at]) => ({ request, at: branded<EpochMs>(at) })),
  };
}

function attributesIn(text: string): Attributes {
  return JSON.parse(text) as Attributes; // written above
}

/** The state of a key: rows from before the last clear do not count. */
export function stateOf(head: MemoryHead, key: string, row: Row | undefined): KeyState {
  if (row && row.version > head.cleared) {
    const { version, updatedAt, updatedBy } = row;
    return row.entry ?? { key, isGone: true, version, updatedAt, updatedBy };
  }
  return { key, isGone: true, version: head.cleared, updatedAt: head.clearedAt, updatedBy: head.clearedBy };
}
