import type { Ports } from '../core/ports.ts';
import { inOrder } from './attributes.ts';
import { readMemoryHead } from './head-store.ts';
import { isGone, isName, type MemoryKey } from './memory-key.ts';
import { type RowOutline, readRow, stateOf } from './row-store.ts';
import { survey } from './survey.ts';
import { textOf } from './values.ts';

/** @returns undefined when there is no such key, or can be none */
export async function readKey(
  ports: Pick<Ports, 'table'>,
  instanceId: string,
  key: string,
): Promise<MemoryKey | undefined> {
  if (!isName(key)) return undefined; // templates and models ask for whatever is written there
  const { head, row } = await readRow(ports, instanceId, key);
  const state = stateOf(head, key, row);
  return isGone(state) || head.isErased ? undefined : state;
}

/** All keys, by `zIndex` and name, and some of them with their values: for whoever needs few of these. */
export interface Listing {
  readonly outlines: readonly RowOutline[];
  /** As they are by now or were in the list; those that have gone are left out. */
  keysOf(part: readonly RowOutline[]): Promise<MemoryKey[]>;
}

export async function outlineKeys(ports: Pick<Ports, 'table'>, instanceId: string): Promise<Listing> {
  const { outlines, rowsOf } = await survey(ports, instanceId, await readMemoryHead(ports, instanceId));
  // The head afterwards: what was cleared meanwhile is not listed.
  const { cleared, isErased } = await readMemoryHead(ports, instanceId);
  const isThere = ({ version }: { readonly version: number }) => version > cleared && !isErased;
  return {
    outlines: inOrder(outlines.filter((one) => !one.isDeleted && isThere(one))),
    keysOf: async (part) => (await rowsOf(part)).flatMap(({ entry }) => (entry && isThere(entry) ? entry : [])),
  };
}

/** The JSON text of a key's value as it was read; of one that has been replaced since, and is gone, what it is by now. */
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

/** The value of a key; undefined when it has gone since. */
export async function valueNow(
  ports: Pick<Ports, 'table' | 'blobs'>,
  instanceId: string,
  memoryKey: MemoryKey,
): Promise<unknown> {
  const text = await valueText(ports, instanceId, memoryKey);
  return text === undefined ? undefined : JSON.parse(text);
}
