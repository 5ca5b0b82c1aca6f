import type { Identity, Scope } from '../core/caller.ts';
import { ex } from '../core/expression.ts';
import { keys } from '../core/keys.ts';
import type { EpochMs } from '../core/names.ts';
import type { Item, Table } from '../core/table.ts';

/** What opens one socket of one instance, once; of the token itself only the hash is kept. */
export interface SocketToken {
  readonly hash: string;
  readonly instanceId: string;
  /** Whoever asked for it, with what they showed then. */
  readonly identity: Identity;
  readonly permission: Scope;
  readonly expiresAt: EpochMs;
}

/** The table forgets it some time after it has expired; only the clock counts. */
const keptSeconds = 3_600;

export async function putToken(table: Table, { hash, identity, ...token }: SocketToken): Promise<void> {
  const ttl = Math.ceil(token.expiresAt / 1000) + keptSeconds;
  await table.put({ ...keys.socketToken(hash), ...token, identity: JSON.stringify(identity), ttl });
}

export type Taken = SocketToken | 'unknown' | 'expired' | 'elsewhere';

/** Takes a token for good, if it is one for this instance. Of several who come with it at once, one gets it. */
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
  // Written by putToken only.
  const { instanceId, permission, expiresAt, identity } = item as unknown as Omit<SocketToken, 'identity'> & {
    readonly identity: string;
  };
  return { hash, instanceId, permission, expiresAt, identity: JSON.parse(identity) as Identity };
}
