import { keys } from '../core/keys.ts';
import type { Ports } from '../core/ports.ts';
import type { TransactWrite } from '../core/table.ts';

/**
 * Rows of values that are too large to stand in the row of their key. Lists, snapshots and counts read the rows of all keys, and
 * DynamoDB reads whole items: so these stay small. A key and its value change in one transaction, and both rows carry the
 * version: a reader that finds another version here reads the key again.
 */

/** In bytes of JSON. Each has a partition of its own, so that many large values are not bound to the rate of one. */
const inlineBytes = 4 * 1024;

/** @param hooked a change that webhooks are told of stays whole: the table's stream hands them the row of the key */
export const isApart = (bytes: number, hooked: boolean): boolean => !hooked && bytes > inlineBytes;

interface Place {
  readonly instanceId: string;
  readonly key: string;
}

export const puttingValue = ({ instanceId, key }: Place, version: number, text: string): TransactWrite => ({
  put: { ...keys.memoryValue(instanceId, key), key, version, text },
});

export const deletingValue = ({ instanceId, key }: Place): TransactWrite => ({
  delete: keys.memoryValue(instanceId, key),
});

/** @returns the JSON texts by key; without those that have another version by now, or are gone */
export async function readValues(
  { table }: Pick<Ports, 'table'>,
  instanceId: string,
  wanted: ReadonlyMap<string, number>,
): Promise<ReadonlyMap<string, string>> {
  if (wanted.size === 0) return new Map();
  const items = await table.batchGet([...wanted.keys()].map((key) => keys.memoryValue(instanceId, key)));
  const current = items.filter(({ key, version }) => wanted.get(String(key)) === version);
  return new Map(current.map(({ key, text }) => [String(key), String(text)]));
}
