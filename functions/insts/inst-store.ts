import { ex } from '../core/expression.ts';
import { instsIn, instsMarked, keys } from '../core/keys.ts';
import type { EpochMs } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import type { Item, TransactWrite } from '../core/table.ts';
import { counting } from '../records/counters.ts';
import { erasing } from './erasure-store.ts';

/** Where an inst is; `recordName` null: a public one, which belongs to no record. */
export interface InstPlace {
  readonly recordName: string | null;
  readonly inst: string;
}

/**
 * An inst as its row has it. Its branches hang on the generation: a row that is gone, or has another one, takes them along,
 * and they are erased later.
 */
export interface Inst extends InstPlace {
  readonly generation: string;
  /** Of insts in records; they stay as long as the generation. */
  readonly markers: readonly string[];
  /** From this millisecond on it counts as missing; null: never. */
  readonly expiresAt: EpochMs | null;
  /** Whether that is counted from an update. */
  readonly updated: boolean;
  /** Somebody is about to delete it: nobody may begin anything in it any more. */
  readonly isLeaving: boolean;
}

/** `changed`: somebody else wrote first. `full`: there is no room for another. */
export type Outcome = 'done' | 'changed' | 'full';

/** The row as it stands, whether it has expired or not. */
export async function readInst({ table }: Pick<Ports, 'table'>, place: InstPlace): Promise<Inst | undefined> {
  const item = await table.get(keyOf(place));
  return item && instOf(place.recordName, place.inst, item);
}

/** The inst, its rows by marker and the counters appear together. */
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
 * Nothing of a public inst that has expired is in the one that takes its place.
 * @param before the expired one, undefined where there is none
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
 * Puts off the end of a public inst.
 * @param once not if that has been done before
 * @returns the row as it is now; undefined when it is gone
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

/** From now on nobody begins anything in it. @returns false when it is gone */
export async function beginLeaving({ table }: Ports, inst: Inst): Promise<boolean> {
  const when = ex`generation = ${inst.generation}`;
  return (await table.update(keyOf(inst), ex`SET leaving = ${true}`, { when })).ok;
}

/** Takes it away, and leaves its branches to whoever erases them. Does nothing when it is gone. */
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

/** The next names of insts that bear a marker. */
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

/** Clocks differ: a row outlives its end, so that it is not swept before everybody takes it for expired. */
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
