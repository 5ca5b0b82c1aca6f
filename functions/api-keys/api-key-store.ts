import type { Reach, Scope } from '../core/caller.ts';
import { ex } from '../core/expression.ts';
import { apiKeysOf, keys } from '../core/keys.ts';
import type { EpochMs, UserId } from '../core/names.ts';
import { oneLess, oneMore, refuseOneMore } from '../core/owned-count.ts';
import type { Item, Table } from '../core/table.ts';

/**
 * An API key as stored in the table. Of the key itself it has only the hash, by which the server finds it, and the part
 * that may be shown.
 */
export interface ApiKey {
  readonly id: string;
  readonly userId: UserId;
  readonly name: string;
  readonly keyHash: string;
  readonly keyPrefix: string;
  /** Absent: the key gives access to everything of its owner. */
  readonly reach?: Reach;
  readonly permissions: readonly Scope[];
  readonly createdTimeMs: EpochMs;
  /** Updated once a minute at most. */
  readonly lastUsedTimeMs?: EpochMs;
}

/** Stores the key by its hash, and a reference to it for its owner. @throws Failure `limit_exceeded` */
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

/** A single read, because every request with an API key needs it. */
export async function findKey(table: Table, keyHash: string): Promise<ApiKey | undefined> {
  return keyOf(await table.get(keys.apiKey(keyHash)));
}

export async function listKeys(table: Table, userId: UserId): Promise<ApiKey[]> {
  const own = await table.query({ pk: apiKeysOf(userId) });
  const items = await table.batchGet(own.map(({ keyHash }) => keys.apiKey(String(keyHash))));
  return items.flatMap((item) => keyOf(item) ?? []);
}

/** The current state of a user's key, by its id. */
export async function keyCalled(table: Table, userId: UserId, id: string): Promise<ApiKey | undefined> {
  const own = await table.get(keys.apiKeyOf(userId, id));
  return own && findKey(table, String(own.keyHash));
}

/** Makes the key invalid at once. @returns false if the user has no such key */
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
  // Only this file writes such items.
  return item && (item as unknown as ApiKey);
}
