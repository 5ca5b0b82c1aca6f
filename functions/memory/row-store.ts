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

/** Rows of memory keys: the only file that reads and writes them. */

/** One who has written a key lately. */
export interface Writer {
  /** The delivery that wrote. */
  readonly request: string;
  readonly at: EpochMs;
}

/** A row as it was read. What a key is, is only known together with the head: {@link stateOf}. */
export interface Row {
  readonly key: string;
  readonly version: number;
  /** Undefined once it was deleted. */
  readonly entry: MemoryKey | undefined;
  readonly updatedAt: EpochMs;
  readonly updatedBy: UserId;
  /** Newest first. */
  readonly writers: readonly Writer[];
}

/** How many writers are remembered with a key, so that a frame that comes again is known. */
export const writersRemembered = 8;
/** A deleted key stays so long with its version, for whoever is slow. */
const goneKeptMs = 24 * 3_600_000;
/** Longer than URLs of a value are good for. */
const replacedKeptMs = 2 * 3_600_000;

export async function readRow(
  ports: Pick<Ports, 'table'>,
  instanceId: string,
  key: string,
): Promise<{ readonly head: MemoryHead; readonly row: Row | undefined }> {
  const where = keys.memoryKey(instanceId, key);
  const items = await ports.table.batchGet([keys.head(channelOf(instanceId)), where]);
  const isRow = ({ pk }: Item) => pk === where.pk;
  const row = items.find(isRow);
  return { head: memoryHeadOf(items.find((item) => !isRow(item))), row: row && rowOf(row) };
}

/** Several rows; those that are not there are left out. */
export async function readRows(
  { table }: Pick<Ports, 'table'>,
  instanceId: string,
  names: readonly string[],
): Promise<Row[]> {
  return (await table.batchGet(names.map((name) => keys.memoryKey(instanceId, name)))).map(rowOf);
}

/** All rows, values included. */
export async function queryRows({ table }: Pick<Ports, 'table'>, instanceId: string): Promise<Row[]> {
  return (await table.query({ pk: memoryOf(instanceId) })).map(rowOf);
}

/** What a list needs to know of a row before it reads the value. */
export interface RowOutline {
  readonly key: string;
  readonly version: number;
  readonly isDeleted: boolean;
  readonly updatedAt: EpochMs;
  readonly attributes: Attributes;
  /** Of value and attributes, as they travel. */
  readonly bytes: number;
  /** Of the value alone, wherever it is; 0 once it was deleted. */
  readonly valueBytes: number;
  readonly isBlob: boolean;
  /** As in {@link MemoryKey}. */
  readonly isReadonlyUnsaid: boolean;
}

export async function queryOutlines({ table }: Pick<Ports, 'table'>, instanceId: string): Promise<RowOutline[]> {
  const only = ['sk', 'version', 'isDeleted', 'updatedAt', 'attributes', 'bytes', 'blob', 'readonlyUnsaid'];
  return (await table.query({ pk: memoryOf(instanceId), only })).map(outlineOf);
}

/** All rows, values included, with their outlines. */
export async function queryOutlinedRows(
  { table }: Pick<Ports, 'table'>,
  instanceId: string,
): Promise<{ readonly outline: RowOutline; readonly row: Row }[]> {
  const items = await table.query({ pk: memoryOf(instanceId) });
  return items.map((item) => ({ outline: outlineOf(item), row: rowOf(item) }));
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
  /** What stands there by now is still this. */
  readonly base: Row | undefined;
  readonly by: Writer;
  /** Whether somebody outside wants to hear of changes. */
  readonly hooked: boolean;
}

/** @returns whether it is there now; false when the row is not as it was read any more */
export function putEntry(ports: Ports, { instanceId, base, by, hooked }: Writing, entry: MemoryKey): Promise<boolean> {
  const { kept } = entry;
  const item = {
    ...keys.memoryKey(instanceId, entry.key),
    ...('text' in kept ? { text: kept.text } : { blob: kept.blob, sha256: entry.sha256 }),
    bytes: entry.bytes,
    attributes: JSON.stringify(entry.attributes),
    readonlyUnsaid: entry.isReadonlyUnsaid || undefined,
    version: entry.version,
    updatedAt: entry.updatedAt,
    updatedBy: entry.updatedBy,
    writers: writersAfter(base, by),
    hooked: hooked || undefined,
  };
  return replace(ports, item, base, kept);
}

/** What is left of a key that was deleted. @returns false when the row is not as it was read any more */
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
  return replace(ports, item, base, undefined);
}

/** Deletes a row for good. @returns false when it is not as it was read any more */
export async function dropRow(ports: Ports, instanceId: string, row: Row): Promise<boolean> {
  const key = keys.memoryKey(instanceId, row.key);
  const released = releasingOf(ports, row, undefined);
  if (released.length === 0) return (await ports.table.delete(key, isStill(row))).ok;
  return (await ports.table.transact([{ delete: key, when: isStill(row) }, ...released])).ok;
}

async function replace(
  ports: Ports,
  item: Key & Item,
  base: Row | undefined,
  kept: KeptText | undefined,
): Promise<boolean> {
  const adopted = kept && !goesOn(base, kept) ? adopting(kept) : [];
  const others = [...adopted, ...releasingOf(ports, base, kept)];
  if (others.length === 0) return (await ports.table.put(item, isStill(base))).ok;
  return (await ports.table.transact([{ put: item, when: isStill(base) }, ...others])).ok;
}

/** A blob that the row had already, and goes on having, is neither adopted nor released. */
const goesOn = (base: Row | undefined, kept: KeptText | undefined): boolean =>
  kept !== undefined && 'blob' in kept && blobOf(base) === kept.blob;

function releasingOf(ports: Ports, base: Row | undefined, kept: KeptText | undefined): TransactWrite[] {
  const before = base?.entry?.kept;
  if (!before || goesOn(base, kept)) return [];
  return releasing(ports, before, branded<EpochMs>(ports.clock.now() + replacedKeptMs));
}

const blobOf = (row: Row | undefined): string | undefined =>
  row?.entry && 'blob' in row.entry.kept ? row.entry.kept.blob : undefined;

const isStill = (base: Row | undefined) =>
  base === undefined ? ex`attribute_not_exists(pk)` : ex`version = ${base.version}`;

function writersAfter(base: Row | undefined, by: Writer): readonly (readonly [string, number])[] {
  return [by, ...(base?.writers ?? [])].slice(0, writersRemembered).map(({ request, at }) => [request, at]);
}

function rowOf(item: Item): Row {
  const key = String(item.sk);
  const version = Number(item.version);
  const updatedAt = branded<EpochMs>(Number(item.updatedAt));
  const updatedBy = branded<UserId>(String(item.updatedBy));
  // Written above.
  const writers = (item.writers ?? []) as readonly (readonly [string, number])[];
  const entry: MemoryKey | undefined =
    item.isDeleted === true
      ? undefined
      : {
          key,
          kept: typeof item.blob === 'string' ? { blob: item.blob } : { text: String(item.text) },
          bytes: Number(item.bytes),
          ...(typeof item.sha256 === 'string' ? { sha256: item.sha256 } : {}),
          attributes: attributesIn(String(item.attributes)),
          isReadonlyUnsaid: item.readonlyUnsaid === true,
          version,
          updatedAt,
          updatedBy,
        };
  return {
    key,
    version,
    entry,
    updatedAt,
    updatedBy,
    writers: writers.map(([request, at]) => ({ request, at: branded<EpochMs>(at) })),
  };
}

function attributesIn(text: string): Attributes {
  return JSON.parse(text) as Attributes; // written above
}

/** What a key is: what was there when everything was cleared is not there any more. */
export function stateOf(head: MemoryHead, key: string, row: Row | undefined): KeyState {
  if (row && row.version > head.cleared) {
    const { version, updatedAt, updatedBy } = row;
    return row.entry ?? { key, isGone: true, version, updatedAt, updatedBy };
  }
  return { key, isGone: true, version: head.cleared, updatedAt: head.clearedAt, updatedBy: head.clearedBy };
}
