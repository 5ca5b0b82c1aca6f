import { hash } from 'node:crypto';
import { ex } from '../core/expression.ts';
import type { KeptText } from '../core/kept-text.ts';
import { adopting, discard, releasing } from '../core/kept-text.ts';
import type { DataSpace } from '../core/keys.ts';
import { dataIn, dataMarked, keys } from '../core/keys.ts';
import type { UserId } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import type { Item, Table, TransactWrite } from '../core/table.ts';
import { markerChanges } from '../permissions/markers.ts';
import { counting } from '../records/counters.ts';

/** True for everyone with the permission, or a list of user ids. */
export type UserPolicy = true | string[];

export interface DataItem {
  readonly address: string;
  /** JSON, so that every value comes back as it was given. */
  readonly value: KeptText;
  readonly publisherId: UserId | null;
  readonly subjectId: UserId | null;
  readonly updatePolicy: UserPolicy;
  readonly deletePolicy: UserPolicy;
  readonly markers: string[];
}

/** Where an item is. */
export interface Place {
  readonly space: DataSpace;
  readonly recordName: string;
  readonly address: string;
}

/**
 * `changed`: the item's access rules have changed since it was read. `full`: the record has the maximum number of
 * items.
 */
export type Outcome = 'done' | 'changed' | 'full';

export async function readItem(table: Table, { space, recordName, address }: Place): Promise<DataItem | undefined> {
  const item = await table.get(keys.data(space, recordName, address));
  return item && itemOf(item);
}

/** The next ones after an address, by address. */
export async function itemsAfter(
  table: Table,
  recordName: string,
  address: string | undefined,
  limit: number,
): Promise<DataItem[]> {
  const items = await table.query({ pk: dataIn('data', recordName), ...after(address, false, limit) });
  return items.filter(({ sk }) => sk !== address).map(itemOf);
}

/** The next addresses with a marker. */
export async function addressesMarked(
  table: Table,
  recordName: string,
  marker: string,
  { address, backward, limit }: { address: string | undefined; backward: boolean; limit: number },
): Promise<string[]> {
  const rows = await table.query({ pk: dataMarked(recordName, marker), ...after(address, backward, limit) });
  return rows.map(({ sk }) => String(sk)).filter((found) => found !== address);
}

/** These items, in this order; without those that are gone. */
export async function readItems(table: Table, recordName: string, addresses: readonly string[]): Promise<DataItem[]> {
  const items = await table.batchGet(addresses.map((address) => keys.data('data', recordName, address)));
  const byAddress = new Map(items.map((item) => [String(item.sk), item]));
  return addresses.flatMap((address) => {
    const item = byAddress.get(address);
    return item ? [itemOf(item)] : [];
  });
}

/**
 * Replaces the item that was read. The item, its marker rows and the counters change in one transaction. If only the
 * item changes, it is a single write, so that concurrent writes to one address do not conflict.
 */
export async function putItem(
  ports: Ports,
  place: Place,
  before: DataItem | undefined,
  after: DataItem,
  room: number | undefined,
): Promise<Outcome> {
  const when = before ? ex`access = ${accessOf(before)}` : ex`attribute_not_exists(pk)`;
  const { value, ...rest } = after;
  const item = {
    ...keys.data(place.space, place.recordName, place.address),
    ...rest,
    ...value,
    access: accessOf(after),
  };
  const others = [
    ...(before ? [] : [counting(place.recordName, place.space, 1, room)]),
    ...markerWrites(place, before?.markers ?? [], after.markers),
    ...adopting(after.value),
    ...(before ? releasing(ports, before.value) : []),
  ];
  if (others.length === 0) return (await ports.table.put(item, when)).ok ? 'done' : 'changed';
  const done = await ports.table.transact([{ put: item, when }, ...others]);
  if (!done.ok) return !before && !done.lost[0] && done.lost[1] ? 'full' : 'changed';
  if (before) await discard(ports, before.value);
  return 'done';
}

export async function deleteItem(ports: Ports, place: Place, item: DataItem): Promise<Outcome> {
  const done = await ports.table.transact([
    { delete: keys.data(place.space, place.recordName, place.address), when: ex`access = ${accessOf(item)}` },
    counting(place.recordName, place.space, -1),
    ...markerWrites(place, item.markers, []),
    ...releasing(ports, item.value),
  ]);
  if (!done.ok) return 'changed';
  await discard(ports, item.value);
  return 'done';
}

/** Manual data is not listed. */
function markerWrites(
  { space, recordName, address }: Place,
  before: readonly string[],
  after: readonly string[],
): TransactWrite[] {
  if (space !== 'data') return [];
  const { added, removed } = markerChanges(before, after);
  return [
    ...added.flatMap((marker) => [
      { put: { ...keys.dataByMarker(recordName, marker, address) } },
      counting(recordName, { marker }, 1),
    ]),
    ...removed.flatMap((marker) => [
      { delete: keys.dataByMarker(recordName, marker, address) },
      counting(recordName, { marker }, -1),
    ]),
  ];
}

/** Everything that decides about access to an item, as a text that is equal while nothing has changed. */
function accessOf({ markers, updatePolicy, deletePolicy, value }: DataItem): string {
  const blob = 'blob' in value ? value.blob : null;
  return hash('sha256', JSON.stringify([markers, updatePolicy, deletePolicy, blob]), 'base64url');
}

/** One more than asked for, since ranges include where they begin. */
function after(address: string | undefined, backward: boolean, limit: number) {
  if (address === undefined) return { backward, limit };
  return { backward, limit: limit + 1, ...(backward ? { to: address } : { from: address }) };
}

function itemOf(item: Item): DataItem {
  // Written by putItem only.
  const stored = item as unknown as Omit<DataItem, 'value'> & { sk: string; text?: string; blob?: string };
  const { sk, text, blob, publisherId, subjectId, updatePolicy, deletePolicy, markers } = stored;
  const value = blob === undefined ? { text: text ?? 'null' } : { blob };
  return { address: sk, value, publisherId, subjectId, updatePolicy, deletePolicy, markers };
}
