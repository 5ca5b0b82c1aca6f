import { ex } from '../core/expression.ts';
import { keys, recordIndex } from '../core/keys.ts';
import type { Owner } from '../core/limits.ts';
import type { UserId } from '../core/names.ts';
import type { KeyPolicy } from '../core/record-keys.ts';
import type { Item, Table } from '../core/table.ts';

/** A named container owned by one user or one studio. */
export interface Record {
  readonly name: string;
  readonly ownerId: UserId | null;
  readonly studioId: string | null;
  /** Part of every key's hash. */
  readonly salt: string;
}

export interface StoredKey {
  readonly policy: KeyPolicy;
  readonly creatorId: UserId;
}

export async function readRecord(table: Table, name: string): Promise<Record | undefined> {
  const item = await table.get(keys.record(name));
  return item && recordOf(item);
}

/** @returns false when the name is taken */
export async function putRecord(table: Table, record: Record): Promise<boolean> {
  return (await table.put(recordItem(record), ex`attribute_not_exists(pk)`)).ok;
}

/** Moves the record to the user whose id is its name. Keys of its former owner become invalid. */
export async function takeOver(table: Table, from: Record, to: Record): Promise<boolean> {
  return (await table.put(recordItem(to), ex`salt = ${from.salt}`)).ok;
}

/** Everything that a user (or a studio) owns, by name. */
export async function recordsOf(table: Table, owner: Owner): Promise<Record[]> {
  const items = await table.query({ index: 'gsi1', pk: recordIndex.of(owner) });
  return items.map(recordOf);
}

export async function putKey(table: Table, recordName: string, hash: string, key: StoredKey): Promise<void> {
  await table.put({ ...keys.recordKey(recordName, hash), policy: key.policy, creatorId: key.creatorId });
}

export async function readKey(table: Table, recordName: string, hash: string): Promise<StoredKey | undefined> {
  const item = await table.get(keys.recordKey(recordName, hash));
  // Written by putKey only.
  return item && { policy: item.policy as KeyPolicy, creatorId: item.creatorId as UserId };
}

function recordItem({ name, ownerId, studioId, salt }: Record) {
  const owner = ownerId === null ? { studioId: studioId ?? '' } : { userId: ownerId };
  return { ...keys.record(name), name, ownerId, studioId, salt, gsi1pk: recordIndex.of(owner), gsi1sk: name };
}

function recordOf(item: Item): Record {
  return {
    name: String(item.name),
    ownerId: typeof item.ownerId === 'string' ? (item.ownerId as UserId) : null,
    studioId: typeof item.studioId === 'string' ? item.studioId : null,
    salt: String(item.salt),
  };
}
