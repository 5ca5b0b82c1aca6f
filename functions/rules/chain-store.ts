import { ex } from '../core/expression.ts';
import { adopting, discard, type KeptText, keep, read, releasing } from '../core/kept-text.ts';
import { keys } from '../core/keys.ts';
import type { Ports } from '../core/ports.ts';
import type { ChainBody, Task } from './tasks.ts';

/** Remaining work of rules when a function runs out of time, until another function takes it. */

const dayMs = 86_400_000;

/** How a chain is handed over. */
interface Handing {
  /** Two with the same id within five minutes are one. @default a new id */
  readonly id?: string;
  /** Chains of one group are processed in order. @default a new group */
  readonly group?: string;
  /** How much it may still trigger. @default the full limit */
  readonly left?: number;
}

/** Hands the work over to another function. */
export async function handOver(
  ports: Ports,
  tasks: readonly Task[],
  { id = ports.ids.uuid(), group = `rules:${id}`, left }: Handing,
): Promise<void> {
  const kept = await keep(ports, JSON.stringify(tasks));
  const ttl = Math.ceil((ports.clock.now() + dayMs) / 1000);
  const written = await ports.table.transact([{ put: { ...keys.chain(id), ...kept, left, ttl } }, ...adopting(kept)]);
  if (!written.ok) throw new Error('a chain of rules was swept away while it was handed over');
  const body: ChainBody = { id };
  await ports.fanOut.send([{ kind: 'rules', group, id: `rules:${id}`, body }]);
}

/**
 * Takes the work. Only one function gets it, and interrupted work is not repeated. @returns undefined when it was
 * already taken
 */
export async function takeTasks(
  ports: Ports,
  id: string,
): Promise<{ readonly tasks: readonly Task[]; readonly left: number | undefined } | undefined> {
  const key = keys.chain(id);
  const item = await ports.table.get(key);
  if (!item) return undefined;
  const kept: KeptText = typeof item.blob === 'string' ? { blob: item.blob } : { text: String(item.text) };
  const taken = await ports.table.transact([
    { delete: key, when: ex`attribute_exists(pk)` },
    ...releasing(ports, kept),
  ]);
  const text = taken.ok ? await read(ports, kept) : undefined;
  if (text === undefined) return undefined;
  await discard(ports, kept);
  const left = typeof item.left === 'number' ? item.left : undefined;
  return { tasks: JSON.parse(text) as Task[], left }; // written by handOver
}
