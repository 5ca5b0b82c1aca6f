import type { Reach, Scope } from '../core/caller.ts';
import { ex } from '../core/expression.ts';
import { apiKeysOf, keys } from '../core/keys.ts';
import type { EpochMs, UserId } from '../core/names.ts';
import { oneLess, oneMore, refuseOneMore } from '../core/owned-count.ts';
import type { Item, Table } from '../core/table.ts';

/** An API key as kept in the table: of the key itself only the hash, under which it is found, and the part that is shown. */
export interface ApiKey {
  readonly id: string;
  readonly userId: UserId;
  readonly name: string;
  readonly keyHash: string;
  readonly keyPrefix: string;
  /** Absent: it stands for its owner, everywhere. */
  readonly reach?: Reach;
  readonly permissions: readonly Scope[];
  readonly createdTimeMs: EpochMs;
  /** Noted once a minute at most. */
  readonly lastUsedTimeMs?: EpochMs;
}

/** The key where callers find it, and its hash where its owner does. @throws Failure `limit_exceeded` */
export async function putKey(table: Table, key: ApiKey): Promise<void> {
  const { userId, id, keyHash } = key;
  const isNew = ex`attribute_not_exists(pk)`;
  const stored = await table.transact([
    oneMore(userId, 'apiKeys'),
    { put: { ...keys.apiKey(keyHash), ...key }, when: isNew },
    { put: { ...keys.apiKeyOf(userId, id), keyHash }, when: isNew },
  ]);
  refuseOneMore(stored, 0, 'apiKeys');
  if (!stored.ok) throw new Error('An API key could not be stored.');
}

/** One read: the hot path of every request that shows a key. */
export async function findKey(table: Table, keyHash: string): Promise<ApiKey | undefined> {
  return keyOf(await table.get(keys.apiKey(keyHash)));
}

export async function listKeys(table: Table, userId: UserId): Promise<ApiKey[]> {
  const own = await table.query({ pk: apiKeysOf(userId) });
  const items = await table.batchGet(own.map(({ keyHash }) => keys.apiKey(String(keyHash))));
  return items.flatMap((item) => keyOf(item) ?? []);
}

/** A key of a user by its id, as it is now. */
export async function keyCalled(table: Table, userId: UserId, id: string): Promise<ApiKey | undefined> {
  const own = await table.get(keys.apiKeyOf(userId, id));
  return own && findKey(table, String(own.keyHash));
}

/** @returns false when the user has no such key; else it opens nothing from now on */
export async function removeKey(table: Table, userId: UserId, id: string): Promise<boolean> {
  const own = keys.apiKeyOf(userId, id);
  const item = await table.get(own);
  if (!item) return false;
  const removed = await table.transact([
    { delete: own, when: ex`attribute_exists(pk)` },
    { delete: keys.apiKey(String(item.keyHash)) },
    oneLess(userId, 'apiKeys'),
  ]);
  return removed.ok;
}

const notedEveryMs = 60_000;

export async function noteUse(table: Table, { keyHash, lastUsedTimeMs }: ApiKey, now: EpochMs): Promise<void> {
  if (lastUsedTimeMs !== undefined && now - lastUsedTimeMs < notedEveryMs) return;
  const stillThere = { when: ex`attribute_exists(pk)` };
  await table.update(keys.apiKey(keyHash), ex`SET lastUsedTimeMs = ${now}`, stillThere);
}

function keyOf(item: Item | undefined): ApiKey | undefined {
  // Such items are only written above.
  return item && (item as unknown as ApiKey);
}
