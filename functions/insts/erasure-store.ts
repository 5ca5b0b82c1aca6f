import { ex } from '../core/expression.ts';
import { branchesOf, keys } from '../core/keys.ts';
import type { ChannelName } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import type { Item, TransactWrite } from '../core/table.ts';

/**
 * Deleted generations of insts whose branches have yet to be erased, with the progress. Each step changes the row, and
 * each change of the row starts the next step. Branches are erased twice, because requests that were running at the
 * deletion may still write after the first pass, but not after the wait before the second.
 *
 *     first: branch by branch -- end --> waiting -- row expires --> last: branch by branch -- end --> (gone)
 */
export interface Erasure {
  readonly generation: string;
  readonly state: 'first' | 'waiting' | 'last';
  /** The branch that was erased last. */
  readonly after?: ChannelName | undefined;
}

/** The inst of a branch. */
export interface InstOf {
  readonly recordName: string | null;
  readonly inst: string;
  readonly generation: string;
}

/** Longer than any request. A row whose steps have failed finally expires as well, and the erasure starts over. */
const restSeconds = 3600;

/** Belongs into the transaction that deletes an inst. */
export function erasing(ports: Ports, generation: string): TransactWrite {
  return { put: rowOf(ports, { generation, state: 'first' }) };
}

/** Starts the erasure of a generation, or starts it over. */
export async function beginErasure(ports: Ports, erasure: Omit<Erasure, 'after'>): Promise<void> {
  await ports.table.put(rowOf(ports, erasure));
}

export async function readErasure({ table }: Ports, generation: string): Promise<Erasure | undefined> {
  const item = await table.get(keys.erasure(generation));
  return item && erasureOf(item);
}

/**
 * Writes the progress, which starts the next step. Does nothing after a concurrent write.
 * @param after undefined: there is none
 */
export async function proceed(ports: Ports, before: Erasure, after: Erasure | undefined): Promise<void> {
  const asRead =
    before.after === undefined
      ? ex`state = ${before.state} AND attribute_not_exists(reached)`
      : ex`state = ${before.state} AND reached = ${before.after}`;
  if (after) await ports.table.put(rowOf(ports, after), asRead);
  else await ports.table.delete(keys.erasure(before.generation), asRead);
}

/** @returns false when the inst was deleted, or has another generation */
export async function registerBranch({ table }: Ports, inst: InstOf, channel: ChannelName): Promise<boolean> {
  const { recordName, inst: name, generation } = inst;
  const done = await table.transact([
    { check: keys.inst(recordName, name), when: ex`generation = ${generation}` },
    { put: { ...keys.branch(generation, channel), channel } },
  ]);
  return done.ok;
}

export async function isRegistered({ table }: Ports, generation: string, channel: ChannelName): Promise<boolean> {
  return (await table.get(keys.branch(generation, channel))) !== undefined;
}

/** Registered branches of a generation after one of them, in an order of their own. */
export async function branchesAfter(
  { table }: Ports,
  generation: string,
  after: ChannelName | undefined,
  limit: number,
): Promise<ChannelName[]> {
  const range = after === undefined ? { limit } : { from: keys.branch(generation, after).sk, limit: limit + 1 };
  const rows = await table.query({ pk: branchesOf(generation), ...range });
  // Names of channels are all that is ever registered.
  return rows.map((row) => String(row.channel) as ChannelName).filter((channel) => channel !== after);
}

export async function forgetBranch({ table }: Ports, generation: string, channel: ChannelName): Promise<void> {
  await table.delete(keys.branch(generation, channel));
}

function rowOf({ clock }: Pick<Ports, 'clock'>, { generation, state, after }: Erasure) {
  const ttl = Math.ceil(clock.now() / 1000) + restSeconds;
  return { ...keys.erasure(generation), generation, state, reached: after, derives: 'cleaning', ttl };
}

function erasureOf(item: Item): Erasure {
  // Written by rowOf only.
  const { generation, state, reached } = item as { generation: string; state: Erasure['state']; reached?: ChannelName };
  return { generation, state, after: reached };
}
