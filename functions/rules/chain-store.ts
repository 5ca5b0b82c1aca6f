import { ex } from '../core/expression.ts';
import { adopting, discard, type KeptText, keep, read, releasing } from '../core/kept-text.ts';
import { keys } from '../core/keys.ts';
import type { Ports } from '../core/ports.ts';
import type { ChainBody, Task } from './tasks.ts';

/** What rules have yet to do when a function has no time left, until another one takes it. */

const dayMs = 86_400_000;

/** How a chain is handed over. */
interface Handing {
  /** The same twice within five minutes is one. @default one of its own */
  readonly id?: string;
  /** What has one group is done in order. @default one of its own */
  readonly group?: string;
  /** How much it may still set off. @default as much as any */
  readonly left?: number;
}

/** Lets another function go on. */
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

/** Whoever takes it does it, and nobody else: what is cut short is not done again. @returns undefined when it was taken */
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
