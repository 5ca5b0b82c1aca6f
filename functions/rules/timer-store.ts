import { ex } from '../core/expression.ts';
import { keys, timersIn } from '../core/keys.ts';
import type { Ports } from '../core/ports.ts';
import type { Item } from '../core/table.ts';
import { shardOf, shards } from './shards.ts';
import type { Timer } from './timer.ts';

/** A timer as it was read. */
export interface KeptTimer {
  readonly timer: Timer;
  /** Changes with every change of it. */
  readonly mark: string;
  /** A process is firing it; after this time it counts as dead. */
  readonly firingUntil: number | undefined;
}

/** Stores a timer, replacing any other of its name. */
export async function putTimer({ table, ids }: Ports, timer: Timer): Promise<void> {
  await table.put({ ...keyOf(timer.name), timer: JSON.stringify(timer), mark: ids.uuid() });
}

export async function dropTimer({ table }: Ports, name: string): Promise<void> {
  await table.delete(keyOf(name));
}

export async function findTimer({ table }: Ports, name: string): Promise<KeptTimer | undefined> {
  const item = await table.get(keyOf(name));
  return item && keptOf(item);
}

/** Claims the firing for this process. @returns undefined when it has changed since it was read */
export async function claimTimer(
  { table, ids }: Ports,
  kept: KeptTimer,
  until: number,
): Promise<KeptTimer | undefined> {
  const mark = ids.uuid();
  const change = ex`SET mark = ${mark}, firingUntil = ${until}`;
  const claimed = await table.update(keyOf(kept.timer.name), change, { when: ex`mark = ${kept.mark}` });
  return claimed.ok ? { ...kept, mark, firingUntil: until } : undefined;
}

/** After firing, stores the next run or deletes the timer; does nothing if it was replaced or cancelled meanwhile. */
export async function settleTimer({ table, ids }: Ports, kept: KeptTimer, next: Timer | undefined): Promise<void> {
  const key = keyOf(kept.timer.name);
  const untouched = ex`mark = ${kept.mark}`;
  if (next) await table.put({ ...key, timer: JSON.stringify(next), mark: ids.uuid() }, untouched);
  else await table.delete(key, untouched);
}

/** Costs a read of all names. */
export async function countTimers({ table }: Ports): Promise<number> {
  const found = await Promise.all(shards.map((shard) => table.query({ pk: timersIn(shard), only: ['sk'] })));
  return found.reduce((sum, { length }) => sum + length, 0);
}

const keyOf = (name: string) => keys.timer(shardOf(name), name);

function keptOf(item: Item): KeptTimer {
  return {
    timer: JSON.parse(String(item.timer)) as Timer, // written here
    mark: String(item.mark),
    firingUntil: typeof item.firingUntil === 'number' ? item.firingUntil : undefined,
  };
}
