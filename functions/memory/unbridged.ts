import { ex } from '../core/expression.ts';
import { keys, unbridgedIn, unbridgedOf } from '../core/keys.ts';
import type { Ports } from '../core/ports.ts';

/** Records that the document has to follow a key; null: all of them. */
export async function unbridge(ports: Ports, instanceId: string, key: string | null): Promise<void> {
  const ttl = Math.ceil((ports.clock.now() + unbridgedKeptMs) / 1000);
  await ports.table.put({ ...keys.unbridged(instanceId, key), mark: ports.ids.uuid(), ttl });
}

/** A record that was not processed by then never will be. */
const unbridgedKeptMs = 30 * 24 * 3_600_000;

/** A key that the document has not followed yet. */
export interface Unbridged {
  /** Null: all of them. */
  readonly key: string | null;
  /** A new one each time that the key is recorded. */
  readonly mark: string;
}

export async function listUnbridged({ table }: Pick<Ports, 'table'>, instanceId: string): Promise<Unbridged[]> {
  const items = await table.query({ pk: unbridgedOf(instanceId) });
  return items.map(({ sk, mark }) => ({ key: unbridgedIn(String(sk)) ?? null, mark: String(mark) }));
}

/** Deletes the record once the document has followed, unless the key has changed again since. */
export async function noteBridged(ports: Ports, instanceId: string, { key, mark }: Unbridged): Promise<void> {
  await ports.table.delete(keys.unbridged(instanceId, key), ex`mark = ${mark}`);
}
