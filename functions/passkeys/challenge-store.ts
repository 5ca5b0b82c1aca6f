import { ex } from '../core/expression.ts';
import { keys } from '../core/keys.ts';
import type { EpochMs, UserId } from '../core/names.ts';
import type { Table, TransactWrite } from '../core/table.ts';

/** A challenge to sign, and when it expires. */
export interface Challenge {
  /** Random bytes as base64url text. */
  readonly challenge: string;
  readonly expireTimeMs: EpochMs;
}

/** The challenge of a sign-in, whose user is not known yet. */
export interface LoginChallenge extends Challenge {
  readonly requestId: string;
  readonly ip: string;
  readonly completedTimeMs?: EpochMs;
}

/** The table may delete expired rows late, and lookups must still find them. So expiry is checked where it matters. */
const keptMs = 24 * 60 * 60_000;
const ttl = ({ expireTimeMs }: Challenge): number => Math.ceil((expireTimeMs + keptMs) / 1000);

/** Replaces the user's earlier challenge. */
export async function keepChallenge(table: Table, userId: UserId, challenge: Challenge): Promise<void> {
  await table.put({ ...keys.challenge(userId), ...challenge, ttl: ttl(challenge) });
}

export async function readChallenge(table: Table, userId: UserId): Promise<Challenge | undefined> {
  const item = await table.get(keys.challenge(userId));
  return item && (item as unknown as Challenge); // only written above
}

/** Part of registering. A challenge is good for one passkey, and a newer challenge makes it invalid. */
export function answered(userId: UserId, { challenge }: Challenge): TransactWrite {
  return { delete: keys.challenge(userId), when: ex`challenge = ${challenge}` };
}

export async function keepLogin(table: Table, login: LoginChallenge): Promise<void> {
  await table.put({ ...keys.webAuthnLogin(login.requestId), ...login, ttl: ttl(login) }, ex`attribute_not_exists(pk)`);
}

export async function readLogin(table: Table, requestId: string): Promise<LoginChallenge | undefined> {
  const item = await table.get(keys.webAuthnLogin(requestId));
  return item && (item as unknown as LoginChallenge); // only written above
}

/** Part of signing in. Of parallel answers to one request, one succeeds. */
export function completed({ requestId }: LoginChallenge, now: EpochMs): TransactWrite {
  return {
    update: keys.webAuthnLogin(requestId),
    change: ex`SET completedTimeMs = ${now}`,
    when: ex`attribute_exists(pk) AND attribute_not_exists(completedTimeMs)`,
  };
}
