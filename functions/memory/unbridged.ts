import { ex } from '../core/expression.ts';
import { keys, unbridgedIn, unbridgedOf } from '../core/keys.ts';
import type { Ports } from '../core/ports.ts';

/** The document has to follow a key; or all of them, which is null. */
export async function unbridge(ports: Ports, instanceId: string, key: string | null): Promise<void> {
  const ttl = Math.ceil((ports.clock.now() + unbridgedKeptMs) / 1000);
  await ports.table.put({ ...keys.unbridged(instanceId, key), mark: ports.ids.uuid(), ttl });
}

/** What was never done by then never will be. */
const unbridgedKeptMs = 30 * 24 * 3_600_000;

/** What the document has yet to follow. */
export interface Unbridged {
  /** Null: all of them. */
  readonly key: string | null;
  /** Another one each time that it is noted. */
  readonly mark: string;
}

export async function listUnbridged({ table }: Pick<Ports, 'table'>, instanceId: string): Promise<Unbridged[]> {
  const items = await table.query({ pk: unbridgedOf(instanceId) });
  return items.map(({ sk, mark }) => ({ key: unbridgedIn(String(sk)) ?? null, mark: String(mark) }));
}

/** It has been followed, unless it has changed again since. */
export async function noteBridged(ports: Ports, instanceId: string, { key, mark }: Unbridged): Promise<void> {
  await ports.table.delete(keys.unbridged(instanceId, key), ex`mark = ${mark}`);
}
