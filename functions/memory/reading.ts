import type { Ports } from '../core/ports.ts';
import { inOrder } from './attributes.ts';
import { readMemoryHead } from './head-store.ts';
import { isGone, isName, type MemoryKey } from './memory-key.ts';
import { type RowOutline, readRow, stateOf } from './row-store.ts';
import { survey } from './survey.ts';
import { textOf } from './values.ts';

/** @returns undefined when the key does not exist, or its name is not allowed */
export async function readKey(
  ports: Pick<Ports, 'table'>,
  instanceId: string,
  key: string,
): Promise<MemoryKey | undefined> {
  if (!isName(key)) return undefined; // templates and models may ask for any text
  const { head, row } = await readRow(ports, instanceId, key);
  const state = stateOf(head, key, row);
  return isGone(state) || head.isErased ? undefined : state;
}

/** All keys, by `zIndex` and name, with values on demand, for callers that need few of these. */
export interface Listing {
  readonly outlines: readonly RowOutline[];
  /** The keys in their current state or as listed; deleted ones are left out. */
  keysOf(part: readonly RowOutline[]): Promise<MemoryKey[]>;
}

export async function outlineKeys(ports: Pick<Ports, 'table'>, instanceId: string): Promise<Listing> {
  const { outlines, rowsOf } = await survey(ports, instanceId, await readMemoryHead(ports, instanceId));
  // The head is read again, so that keys that were cleared meanwhile are not listed.
  const { cleared, isErased } = await readMemoryHead(ports, instanceId);
  const isThere = ({ version }: { readonly version: number }) => version > cleared && !isErased;
  return {
    outlines: inOrder(outlines.filter((one) => !one.isDeleted && isThere(one))),
    keysOf: async (part) => (await rowsOf(part)).flatMap(({ entry }) => (entry && isThere(entry) ? entry : [])),
  };
}

/** The JSON text of a key's value as it was read; if that was replaced and deleted since, the current value. */
export async function valueText(
  ports: Pick<Ports, 'table' | 'blobs'>,
  instanceId: string,
  memoryKey: MemoryKey,
): Promise<string | undefined> {
  let current: MemoryKey | undefined = memoryKey;
  while (current) {
    const text = await textOf(ports, current);
    if (text !== undefined) return text;
    const now = await readKey(ports, instanceId, current.key);
    if (now?.version === current.version) throw new Error('a stored value is lost');
    current = now;
  }
  return undefined;
}

/** The value of a key; undefined if the key was deleted since. */
export async function valueNow(
  ports: Pick<Ports, 'table' | 'blobs'>,
  instanceId: string,
  memoryKey: MemoryKey,
): Promise<unknown> {
  const text = await valueText(ports, instanceId, memoryKey);
  return text === undefined ? undefined : JSON.parse(text);
}
