import { ex } from '../core/expression.ts';
import { type Counted, keys } from '../core/keys.ts';
import type { Ports } from '../core/ports.ts';
import type { Table, TransactWrite } from '../core/table.ts';
import { ownerOf } from './open-record.ts';
import type { Record } from './record-store.ts';
import { recordsOf } from './record-store.ts';

/** How many items a record holds. The transaction that adds or removes an item updates the count, so it is exact. */

export async function countOf(table: Table, record: string, what: Counted): Promise<number> {
  return totalIn(await table.get(keys.counter(record, what)));
}

/** Part of the transaction that adds or removes an item. Fails if there is no room for one more. */
export function counting(record: string, what: Counted, change: 1 | -1, room?: number): TransactWrite {
  const update = { update: keys.counter(record, what), change: ex`ADD total ${change}` };
  if (room === undefined) return update;
  const when = room > 0 ? ex`attribute_not_exists(total) OR total < ${room}` : ex`total < ${0}`;
  return { ...update, when };
}

/**
 * How many items this record may hold, if all records of its owner together may hold `most`. Exact for one record; of
 * two records that fill up at the same moment, both may.
 * @returns undefined without a limit
 */
export async function roomIn(
  { table }: Ports,
  record: Record,
  what: Counted,
  most: number | undefined,
): Promise<number | undefined> {
  if (most === undefined) return undefined;
  const all = await recordsOf(table, ownerOf(record));
  const others = all.filter(({ name }) => name !== record.name).map(({ name }) => keys.counter(name, what));
  const counters = await table.batchGet(others);
  return Math.max(0, most - counters.reduce((sum, counter) => sum + totalIn(counter), 0));
}

function totalIn(counter: Readonly<{ [attribute: string]: unknown }> | undefined): number {
  return typeof counter?.total === 'number' ? counter.total : 0;
}
