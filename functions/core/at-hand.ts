import type { Item, Key, Table } from './table.ts';

/**
 * A table with some items that were read ahead, along with something else. A read of only such items gets them, each
 * once and while they are fresh. Every other read goes to the table.
 */
export function withAtHand(table: Table, keys: readonly Key[], items: readonly Item[], isFresh: () => boolean): Table {
  const found = new Map(items.map((item) => [nameOf({ pk: String(item.pk), sk: String(item.sk) }), item]));
  const atHand = new Set(keys.map(nameOf));

  /** @returns undefined if anything has to be read from the table */
  function take(wanted: readonly Key[]): Item[] | undefined {
    const names = wanted.map(nameOf);
    if (!isFresh() || names.length === 0 || !names.every((name) => atHand.has(name))) return undefined;
    for (const name of names) atHand.delete(name);
    return names.map((name) => found.get(name)).filter((item) => item !== undefined);
  }

  const reads: Pick<Table, 'get' | 'batchGet'> = {
    async get(key, only) {
      const taken = take([key]);
      return taken ? taken[0] : table.get(key, only);
    },
    batchGet: async (wanted) => take(wanted) ?? table.batchGet(wanted),
  };
  return Object.assign(Object.create(table), reads);
}

/** The table keeps whole characters only. */
const nameOf = ({ pk, sk }: Key): string => JSON.stringify([pk.toWellFormed(), sk.toWellFormed()]);
