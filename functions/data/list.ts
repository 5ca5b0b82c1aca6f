import type * as z from 'zod/mini';
import type { Caller } from '../core/caller.ts';
import { read } from '../core/kept-text.ts';
import type { Ports } from '../core/ports.ts';
import { authorize } from '../permissions/decide.ts';
import { markers as builtIn } from '../permissions/markers.ts';
import { countOf } from '../records/counters.ts';
import { openRecord } from '../records/open-record.ts';
import type { dataContract } from './contract.ts';
import type { DataItem } from './store.ts';
import { addressesMarked, itemsAfter, readItem, readItems } from './store.ts';

type Listing = z.output<(typeof dataContract)['operations']['listData']['input']>;

const pageItems = 10;
/** Lambda's limit is 6 MB. Each value counts with its size in the answer, which is JSON inside JSON. */
const pageBytes = 5_000_000;

/**
 * Ten values after an address, in the order of UTF-8. Listing the whole record needs the permission to list the marker
 * `account`; otherwise the given marker. A page may end early if values are large: its last address is the cursor.
 */
export async function list(ports: Ports, caller: Caller, input: Listing) {
  const opened = await openRecord(ports, caller, input.recordName);
  const recordName = opened.record.name;
  const marker = input.marker ?? undefined;
  const matter = { kind: 'data', action: 'list', markers: [marker ?? builtIn.account] } as const;
  await authorize(ports, opened, matter, input.instances);
  const address = input.address ?? undefined;
  const [found, totalCount] = await Promise.all([
    marker === undefined
      ? itemsAfter(ports.table, recordName, address, pageItems)
      : itemsMarked(ports, recordName, marker, address, input.sort === 'descending'),
    countOf(ports.table, recordName, marker === undefined ? 'data' : { marker }),
  ]);
  const items = await page(ports, recordName, found.slice(0, pageItems), marker);
  return { recordName, items, totalCount, ...(marker === undefined ? {} : { marker }) };
}

/** Lists items with a marker. An item that has lost the marker meanwhile is replaced by the next one. */
async function itemsMarked(
  { table }: Ports,
  recordName: string,
  marker: string,
  address: string | undefined,
  backward: boolean,
): Promise<DataItem[]> {
  const items: DataItem[] = [];
  let cursor = address;
  do {
    const limit = pageItems - items.length;
    const addresses = await addressesMarked(table, recordName, marker, { address: cursor, backward, limit });
    const found = await readItems(table, recordName, addresses.slice(0, limit));
    items.push(...found.filter(({ markers }) => markers.includes(marker)));
    cursor = addresses.slice(0, limit).at(-1);
  } while (cursor !== undefined && items.length < pageItems);
  return items;
}

async function page(ports: Ports, recordName: string, found: readonly DataItem[], marker: string | undefined) {
  const texts = await Promise.all(found.map((item) => textOf(ports, recordName, item, marker)));
  const items = [];
  let bytes = 0;
  for (const [at, { address, markers }] of found.entries()) {
    const text = texts[at];
    if (text === undefined) continue;
    bytes += Buffer.byteLength(JSON.stringify(text));
    if (bytes > pageBytes && items.length > 0) break;
    items.push({ address, data: JSON.parse(text) as unknown, markers });
  }
  return items;
}

/** Reads a value, again if it was replaced meanwhile; undefined when the item no longer belongs in the list. */
async function textOf(
  ports: Ports,
  recordName: string,
  item: DataItem,
  marker: string | undefined,
): Promise<string | undefined> {
  const text = await read(ports, item.value);
  if (text !== undefined) return text;
  const now = await readItem(ports.table, { space: 'data', recordName, address: item.address });
  const belongs = now && (marker === undefined || now.markers.includes(marker));
  return belongs ? read(ports, now.value) : undefined;
}
