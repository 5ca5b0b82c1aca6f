import { ex } from '../core/expression.ts';
import { adopting, discard, type KeptText, keep, read, releasing } from '../core/kept-text.ts';
import { keys } from '../core/keys.ts';
import type { Ports } from '../core/ports.ts';
import type { ChainBody, Task } from './tasks.ts';

/** What rules have yet to do when a function has no time left, until another one takes it. */

const dayMs = 86_400_000;

/**
 * Lets another function go on.
 * @param as the same id twice within five minutes is one; what has one group is done in order
 */
export async function handOver(
  ports: Ports,
  tasks: readonly Task[],
  as: { readonly id: string; readonly group?: string } = { id: ports.ids.uuid() },
): Promise<void> {
  const { id, group = `rules:${id}` } = as;
  const kept = await keep(ports, JSON.stringify(tasks));
  const ttl = Math.ceil((ports.clock.now() + dayMs) / 1000);
  const written = await ports.table.transact([{ put: { ...keys.chain(id), ...kept, ttl } }, ...adopting(kept)]);
  if (!written.ok) throw new Error('a chain of rules was swept away while it was handed over');
  const body: ChainBody = { id };
  await ports.fanOut.send([{ kind: 'rules', group, id: `rules:${id}`, body }]);
}

/** Whoever takes it does it, and nobody else: what is cut short is not done again. @returns undefined when it was taken */
export async function takeTasks(ports: Ports, id: string): Promise<Task[] | undefined> {
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
  return JSON.parse(text) as Task[]; // written by handOver
}
