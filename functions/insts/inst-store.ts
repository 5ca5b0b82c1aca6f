import { ex } from '../core/expression.ts';
import { instsIn, instsMarked, keys } from '../core/keys.ts';
import type { EpochMs } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import type { Item, TransactWrite } from '../core/table.ts';
import { counting } from '../records/counters.ts';
import { erasing } from './erasure-store.ts';

/** The address of an inst; `recordName` null: a public one. */
export interface InstPlace {
  readonly recordName: string | null;
  readonly inst: string;
}

/**
 * The row of an inst. Its branches belong to the generation: when the row is deleted, or gets another generation, they
 * become invisible and are erased later.
 */
export interface Inst extends InstPlace {
  readonly generation: string;
  /** Markers of insts in records; they never change within a generation. */
  readonly markers: readonly string[];
  /** From this millisecond on the inst counts as missing; null: never. */
  readonly expiresAt: EpochMs | null;
  /** Whether that is counted from an update. */
  readonly updated: boolean;
  /** A deletion has begun: no new request may use it. */
  readonly isLeaving: boolean;
}

/** `changed`: after a concurrent change. `full`: the record has the maximum number of insts. */
export type Outcome = 'done' | 'changed' | 'full';

/** Reads the row, whether it has expired or not. */
export async function readInst({ table }: Pick<Ports, 'table'>, place: InstPlace): Promise<Inst | undefined> {
  const item = await table.get(keyOf(place));
  return item && instOf(place.recordName, place.inst, item);
}

/** Creates the inst, its marker rows and the counters in one transaction. */
export async function putInRecord(
  { table }: Ports,
  recordName: string,
  { inst, generation, markers }: Inst,
  room: number | undefined,
): Promise<Outcome> {
  const done = await table.transact([
    { put: { ...keys.inst(recordName, inst), generation, markers }, when: ex`attribute_not_exists(pk)` },
    counting(recordName, 'inst', 1, room),
    ...markers.flatMap((marker) => [
      { put: { ...keys.instByMarker(recordName, marker, inst) } },
      counting(recordName, { marker, of: 'inst' }, 1),
    ]),
  ]);
  if (done.ok) return 'done';
  return !done.lost[0] && done.lost[1] ? 'full' : 'changed';
}

/**
 * Creates a public inst, without anything of an expired one of the same name.
 * @param before the expired one, undefined if there is none
 */
export async function putPublic(
  ports: Ports,
  { inst, generation, expiresAt }: Inst,
  before: Inst | undefined,
): Promise<Outcome> {
  const row = { ...keys.inst(null, inst), generation, derives: 'cleaning', ...ending(expiresAt) };
  if (!before) return (await ports.table.put(row, ex`attribute_not_exists(pk)`)).ok ? 'done' : 'changed';
  const when = ex`generation = ${before.generation} AND expiresAt = ${before.expiresAt}`;
  const done = await ports.table.transact([{ put: row, when }, erasing(ports, before.generation)]);
  return done.ok ? 'done' : 'changed';
}

/**
 * Extends the life of a public inst.
 * @param once only if it was not extended before
 * @returns the changed row; undefined when it was deleted
 */
export async function putOff(
  { table }: Ports,
  { recordName, inst, generation }: Pick<Inst, 'recordName' | 'inst' | 'generation'>,
  until: EpochMs,
  once: boolean,
): Promise<Inst | undefined> {
  const { expiresAt, ttl } = ending(until);
  const written = await table.update(
    keys.inst(recordName, inst),
    ex`SET updated = ${true}, expiresAt = ${expiresAt}, ttl = ${ttl}`,
    {
      when: once
        ? ex`generation = ${generation} AND attribute_not_exists(updated)`
        : ex`generation = ${generation} AND (attribute_not_exists(updated) OR expiresAt < ${expiresAt})`,
    },
  );
  const now = written.ok ? written.item : written.current;
  const row = now && instOf(recordName, inst, now);
  return row?.generation === generation ? row : undefined;
}

/** Marks it as leaving, so that no new request uses it. @returns false when it was deleted */
export async function beginLeaving({ table }: Ports, inst: Inst): Promise<boolean> {
  const when = ex`generation = ${inst.generation}`;
  return (await table.update(keyOf(inst), ex`SET leaving = ${true}`, { when })).ok;
}

/** Deletes it, and queues the erasure of its branches. Does nothing when it was already deleted. */
export async function takeAway(ports: Ports, { recordName, inst, generation, markers }: Inst): Promise<void> {
  const counted: TransactWrite[] =
    recordName === null
      ? []
      : [
          counting(recordName, 'inst', -1),
          ...markers.flatMap((marker) => [
            { delete: keys.instByMarker(recordName, marker, inst) },
            counting(recordName, { marker, of: 'inst' }, -1),
          ]),
        ];
  await ports.table.transact([
    { delete: keys.inst(recordName, inst), when: ex`generation = ${generation}` },
    ...counted,
    erasing(ports, generation),
  ]);
}

/** The next ones in a record after a name, by name. */
export async function instsAfter(
  { table }: Ports,
  recordName: string,
  name: string | undefined,
  limit: number,
): Promise<Inst[]> {
  const items = await table.query({ pk: instsIn(recordName), ...after(name, limit) });
  return items.filter(({ sk }) => sk !== name).map((item) => instOf(recordName, String(item.sk), item));
}

/** The next names of insts with a marker. */
export async function namesMarked(
  { table }: Ports,
  recordName: string,
  marker: string,
  name: string | undefined,
  limit: number,
): Promise<string[]> {
  const rows = await table.query({ pk: instsMarked(recordName, marker), ...after(name, limit) });
  return rows.map(({ sk }) => String(sk)).filter((found) => found !== name);
}

/** These insts of a record, in this order; without those that are gone. */
export async function readInsts({ table }: Ports, recordName: string, names: readonly string[]): Promise<Inst[]> {
  const items = await table.batchGet(names.map((name) => keys.inst(recordName, name)));
  const byName = new Map(items.map((item) => [String(item.sk), item]));
  return names.flatMap((name) => {
    const item = byName.get(name);
    return item ? [instOf(recordName, name, item)] : [];
  });
}

const keyOf = ({ recordName, inst }: InstPlace) => keys.inst(recordName, inst);

/** One more than asked for, since ranges include where they begin. */
const after = (name: string | undefined, limit: number) =>
  name === undefined ? { limit } : { limit: limit + 1, from: name };

/**
 * Clocks differ, so the row lives longer than the inst: it must not be deleted before all processes consider the inst
 * expired.
 */
const outlivesSeconds = 3600;

function ending(expiresAt: EpochMs | null): { expiresAt?: number; ttl?: number } {
  return expiresAt === null ? {} : { expiresAt, ttl: Math.ceil(expiresAt / 1000) + outlivesSeconds };
}

function instOf(recordName: string | null, inst: string, item: Item): Inst {
  // Written here only.
  const row = item as { generation: string; markers?: string[]; expiresAt?: EpochMs; updated?: true; leaving?: true };
  return {
    recordName,
    inst,
    generation: row.generation,
    markers: row.markers ?? [],
    expiresAt: row.expiresAt ?? null,
    updated: row.updated ?? false,
    isLeaving: row.leaving ?? false,
  };
}
