import type { Expression } from '../core/expression.ts';
import { ex } from '../core/expression.ts';
import { filesIn, keys } from '../core/keys.ts';
import type { Owner } from '../core/limits.ts';
import type { UserId } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import type { Item, TransactWrite } from '../core/table.ts';
import { counting } from '../records/counters.ts';
import type { Place } from './places.ts';

/**
 * The rows of files. A row is `awaited` until the upload, then `stored`. While it is `erasing`, the process that holds
 * it until `heldUntil` deletes the bytes, and the file cannot be recorded again, so that a newer row never loses its
 * bytes. Every write gives the row a new revision, and fails if the row has changed since it was read.
 *
 *     (none) -- recordFile --> awaited -- bytes arrive --> stored
 *       ^ \                       |                          |
 *       |  bytes without a row    +------- eraseFile --------+
 *       |                 \       v
 *       +-- bytes gone --- erasing
 */
export interface FileRow extends Place {
  readonly state: 'awaited' | 'stored' | 'erasing';
  readonly revision: string;
  /** The announced size while awaited, the real one when stored. */
  readonly sizeInBytes: number;
  readonly markers: readonly string[];
  readonly description?: string | undefined;
  readonly publisherId: UserId | null;
  readonly subjectId: UserId | null;
  /** The owner whose subscription it counts for. */
  readonly owner: Owner;
  /** Seconds since 1970, when an awaited file expires. */
  readonly ttl?: number | undefined;
  /** Milliseconds since 1970. */
  readonly heldUntil?: number | undefined;
}

export type NewFile = Omit<FileRow, 'state' | 'revision' | 'ttl' | 'heldUntil'>;

const daySeconds = 24 * 3600;
/** Longer than a function lives. */
const holdMs = 30_000;

/** Reads the row, also if it has expired or is erasing. */
export async function readRow({ table }: Pick<Ports, 'table'>, place: Place): Promise<FileRow | undefined> {
  const item = await table.get(keyOf(place));
  return item && rowOf(item);
}

/** Reads the file unless it is being erased, or was not uploaded in time. */
export async function findFile(ports: Ports, place: Place): Promise<FileRow | undefined> {
  const row = await readRow(ports, place);
  return row && counts(ports, row) ? row : undefined;
}

export function counts({ clock }: Ports, { state, ttl = 0 }: FileRow): boolean {
  return state === 'stored' || (state === 'awaited' && ttl * 1000 > clock.now());
}

export function isHeld({ clock }: Ports, { state, heldUntil = 0 }: FileRow): boolean {
  return state === 'erasing' && heldUntil > clock.now();
}

/** Uploaded files, by name, starting after `after`. */
export async function listStored({ table }: Ports, recordName: string, after: string, limit: number) {
  const items = await table.query({ index: 'lsi0', pk: filesIn(recordName), from: after, limit: limit + 1 });
  return items
    .map(rowOf)
    .filter(({ fileName }) => fileName !== after)
    .slice(0, limit);
}

/**
 * Records a file whose upload is awaited for a day.
 * @param before the row that it replaces, undefined for none
 * @param more conditions for the same transaction
 * @returns false after a concurrent change
 */
export async function awaitBytes(
  ports: Ports,
  file: NewFile,
  before: FileRow | undefined,
  more: readonly TransactWrite[],
): Promise<boolean> {
  const { owner, sizeInBytes } = file;
  const ttl = Math.ceil(ports.clock.now() / 1000) + daySeconds;
  const row = { ...file, ...keyOf(file), state: 'awaited', revision: ports.ids.uuid(), ttl, derives: 'file' };
  const claim = { ...keys.fileClaim(owner, file.recordName, file.fileName), sizeInBytes, ttl };
  const written = await ports.table.transact([{ put: row, when: asRead(before) }, { put: claim }, ...more]);
  return written.ok;
}

/** Notes that the bytes are there. @returns false after a concurrent change */
export async function confirm(ports: Ports, row: FileRow, sizeInBytes: number): Promise<boolean> {
  const { owner, recordName, fileName } = row;
  const written = await ports.table.transact([
    {
      update: keyOf(row),
      change: ex`SET state = ${'stored'}, sizeInBytes = ${sizeInBytes}, l0 = ${fileName}, revision = ${ports.ids.uuid()} REMOVE ttl, derives`,
      when: asRead(row),
    },
    counting(recordName, 'file', 1),
    { update: keys.filesOf(owner), change: ex`ADD files ${1}, bytes ${sizeInBytes}, turn ${1}` },
    { delete: keys.fileClaim(owner, recordName, fileName) },
  ]);
  return written.ok;
}

/** @returns false after a concurrent change */
export async function changeMarkers(ports: Ports, row: FileRow, markers: readonly string[]): Promise<boolean> {
  const change = ex`SET markers = ${markers}, revision = ${ports.ids.uuid()}`;
  return (await ports.table.update(keyOf(row), change, { when: asRead(row) })).ok;
}

/**
 * Makes the file inaccessible and holds its row until its bytes are deleted; or takes over from a process that held it
 * too long.
 * @returns the changed row, undefined after a concurrent change
 */
export async function hold(ports: Ports, row: FileRow): Promise<FileRow | undefined> {
  const held = erasing(ports, row);
  const { state, owner, recordName, fileName, sizeInBytes } = row;
  const leaving: Readonly<Record<FileRow['state'], readonly TransactWrite[]>> = {
    awaited: [{ delete: keys.fileClaim(owner, recordName, fileName) }],
    stored: [
      counting(recordName, 'file', -1),
      { update: keys.filesOf(owner), change: ex`ADD files ${-1}, bytes ${-sizeInBytes}, turn ${1}` },
    ],
    erasing: [],
  };
  const written = await ports.table.transact([{ put: itemOf(held), when: asRead(row) }, ...leaving[state]]);
  return written.ok ? held : undefined;
}

/** Creates and holds a row for bytes without one. @returns undefined when there is a row */
export async function holdNothing(ports: Ports, place: Place): Promise<FileRow | undefined> {
  const nobody = { sizeInBytes: 0, markers: [], publisherId: null, subjectId: null, owner: { userId: '' } };
  const held = erasing(ports, { ...place, ...nobody });
  return (await ports.table.put(itemOf(held), asRead(undefined))).ok ? held : undefined;
}

/** Releases the row for another attempt. */
export async function letGo(ports: Ports, held: FileRow): Promise<void> {
  await ports.table.update(keyOf(held), ex`SET heldUntil = ${0}`, { when: asRead(held) });
}

/** Deletes the row after its bytes. */
export async function forget(ports: Ports, held: FileRow): Promise<void> {
  await ports.table.delete(keyOf(held), asRead(held));
}

/** The condition that the row has not changed since it was read. */
function asRead(row: FileRow | undefined): Expression {
  return row ? ex`revision = ${row.revision}` : ex`attribute_not_exists(pk)`;
}

/** An erasing row. When it expires, the stream's reader finishes the erasure. */
function erasing({ clock, ids }: Ports, file: NewFile): FileRow {
  const now = clock.now();
  const ttl = Math.ceil(now / 1000) + daySeconds;
  return { ...file, state: 'erasing', revision: ids.uuid(), heldUntil: now + holdMs, ttl };
}

const keyOf = ({ recordName, fileName }: Place) => keys.file(recordName, fileName);
const itemOf = (row: FileRow) => ({ ...row, ...keyOf(row), derives: 'file' });

function rowOf(item: Item): FileRow {
  // Written by this file only.
  const row = item as unknown as FileRow;
  const { recordName, fileName, state, revision, sizeInBytes, markers, description } = row;
  const { publisherId, subjectId, owner, ttl, heldUntil } = row;
  const said = { recordName, fileName, state, revision, sizeInBytes, markers, description };
  return { ...said, publisherId, subjectId, owner, ttl, heldUntil };
}
