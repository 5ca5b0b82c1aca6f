import { keys } from '../core/keys.ts';
import type { Ports } from '../core/ports.ts';
import type { TransactWrite } from '../core/table.ts';

/**
 * Rows of values that are too large for the row of their key. Lists, snapshots and counts read the rows of all keys,
 * and DynamoDB reads whole items, so these must stay small. A key and its value change in one transaction, and both
 * rows carry the version. A reader that finds another version in the value's row reads the key again.
 */

/**
 * In bytes of JSON. Each larger value has its own partition, so that many of them are not limited to the rate of one.
 */
const inlineBytes = 4 * 1024;

/**
 * @param hooked values that webhooks receive stay in the key's row, because the table's stream delivers only that row
 */
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

/** @returns the JSON texts by key, without values that have another version by now or are gone */
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
