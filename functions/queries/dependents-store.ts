import { ex } from '../core/expression.ts';
import { dependentsOf, keys } from '../core/keys.ts';
import type { Ports } from '../core/ports.ts';
import { awaitedKinds, awaitKinds } from './awaited-kinds-store.ts';
import { leaseMs } from './lease.ts';

/** The rows by which a write finds affected queries: one for each thing on which a query's result depends. */

/** Next to the query's own item: a transaction has at most 100 writes. */
export const mostAtOnce = 95;

/** Queries whose result depends on one of these things. */
export async function dependentOn(ports: Ports, names: readonly string[]): Promise<string[][]> {
  const isAwaited = await awaitedKinds(ports, names);
  const found: string[][] = [];
  // A transaction of a hundred records touches several hundred things.
  for (let start = 0; start < names.length; start += lookedUpAtOnce) {
    const these = names.slice(start, start + lookedUpAtOnce);
    found.push(...(await Promise.all(these.map((name) => (isAwaited(name) ? dependentsNamed(ports, name) : [])))));
  }
  return found;
}

const lookedUpAtOnce = 50;

async function dependentsNamed({ connections }: Ports, name: string): Promise<string[]> {
  const items = await connections.query({ pk: dependentsOf(name), only: ['sk'] });
  return items.map(({ sk }) => String(sk));
}

/** Makes writes of these things find the query, for a given time. */
export async function depend(
  ports: Ports,
  id: string,
  by: string,
  names: readonly string[],
  keptUntil: number,
): Promise<boolean> {
  await awaitKinds(ports, names, keptUntil);
  const ttl = ttlOf(keptUntil);
  const until = ports.clock.now() + leaseMs;
  const written = await ports.connections.transact([
    {
      update: keys.liveQuery(id),
      change: ex`SET keptUntil = ${keptUntil}, ttl = ${ttl}, leaseUntil = ${until} ADD depends ${new Set(names)}`,
      when: ex`lease = ${by}`,
    },
    ...names.map((name) => ({ put: { ...keys.dependent(name, id), ttl } })),
  ]);
  return written.ok;
}

/** Writes of these things no longer find the query. */
export async function dependNoMore(ports: Ports, id: string, by: string, names: readonly string[]): Promise<boolean> {
  const written = await ports.connections.transact([
    { update: keys.liveQuery(id), change: ex`DELETE depends ${new Set(names)}`, when: ex`lease = ${by}` },
    ...names.map((name) => ({ delete: keys.dependent(name, id) })),
  ]);
  return written.ok;
}

/** The table deletes rows some time after they are no longer needed. */
export const ttlOf = (keptUntil: number): number => Math.ceil(keptUntil / 1000) + 3600;
