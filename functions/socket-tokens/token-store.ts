import type { Identity, Scope } from '../core/caller.ts';
import { ex } from '../core/expression.ts';
import { keys } from '../core/keys.ts';
import type { EpochMs } from '../core/names.ts';
import type { Item, Table } from '../core/table.ts';

/** A token that opens one socket of one instance, once. Only its hash is stored. */
export interface SocketToken {
  readonly hash: string;
  readonly instanceId: string;
  /** The user who requested it, with the credential of that request. */
  readonly identity: Identity;
  readonly permission: Scope;
  readonly expiresAt: EpochMs;
}

/** The table deletes a token some time after it expires; the clock decides whether it is valid. */
const keptSeconds = 3_600;

export async function putToken(table: Table, { hash, identity, ...token }: SocketToken): Promise<void> {
  const ttl = Math.ceil(token.expiresAt / 1000) + keptSeconds;
  await table.put({ ...keys.socketToken(hash), ...token, identity: JSON.stringify(identity), ttl });
}

export type Taken = SocketToken | 'unknown' | 'expired' | 'elsewhere';

/** Uses up a token if it is for this instance. Of several concurrent uses, one succeeds. */
export async function takeToken(table: Table, hash: string, instanceId: string, now: EpochMs): Promise<Taken> {
  const isGood = ex`attribute_exists(pk) AND expiresAt > ${now} AND instanceId = ${instanceId}`;
  const { ok, ...found } = await table.delete(keys.socketToken(hash), isGood);
  const item = 'item' in found ? found.item : found.current;
  if (!item) return 'unknown';
  const token = tokenOf(hash, item);
  if (ok) return token;
  return token.expiresAt <= now ? 'expired' : 'elsewhere';
}

function tokenOf(hash: string, item: Item): SocketToken {
  // Only putToken writes such items.
  const { instanceId, permission, expiresAt, identity } = item as unknown as Omit<SocketToken, 'identity'> & {
    readonly identity: string;
  };
  return { hash, instanceId, permission, expiresAt, identity: JSON.parse(identity) as Identity };
}
