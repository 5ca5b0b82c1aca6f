import { ex } from '../core/expression.ts';
import { keys, sessionIndex } from '../core/keys.ts';
import type { EpochMs, UserId } from '../core/names.ts';
import type { Item, Table, TransactWrite } from '../core/table.ts';
import type { SealedTokens } from './openid-tokens.ts';
import { userOf } from './user-store.ts';
import type { User } from './users.ts';

/** A session as stored in the table. Its secret is stored as a hash, its connection secret not at all. */
export interface Session {
  readonly userId: UserId;
  readonly sessionId: string;
  readonly secretHash: string;
  readonly grantedTimeMs: EpochMs;
  readonly expireTimeMs: EpochMs | null;
  readonly revokeTimeMs?: EpochMs;
  /** The login request it came from. */
  readonly requestId?: string;
  /** The login request it came from, where a passkey answered it. */
  readonly webAuthnRequestId?: string;
  readonly previousSessionId?: string;
  readonly nextSessionId?: string;
  readonly ipAddress: string;
  /** Tokens of the sign-in, if it came from an identity provider. */
  readonly openId?: SealedTokens;
  /** Set only if it cannot be revoked. */
  readonly revocable?: false;
}

const dayMs = 24 * 60 * 60_000;
/** Expired sessions are listed for a while. */
const keptAfterExpiryMs = 30 * dayMs;

/** The write that makes a session. */
export function newSession(session: Session): TransactWrite {
  const { userId, sessionId, expireTimeMs } = session;
  return {
    put: {
      ...keys.session(userId, sessionId),
      ...session,
      gsi1pk: sessionIndex.ofUser(userId),
      gsi1sk: sessionIndex.expiry(expireTimeMs),
      ttl: expireTimeMs === null ? undefined : Math.ceil((expireTimeMs + keptAfterExpiryMs) / 1000),
    },
    when: ex`attribute_not_exists(pk)`,
  };
}

/** One round trip, because every request with a key needs it. */
export async function readSessionAndUser(
  table: Table,
  userId: UserId,
  sessionId: string,
): Promise<{ session: Session | undefined; user: User | undefined }> {
  const items = await table.batchGet([keys.session(userId, sessionId), keys.user(userId)]);
  return {
    session: sessionOf(items.find((item) => item.sk !== 'USER')),
    user: userOf(items.find((item) => item.sk === 'USER')),
  };
}

/**
 * The write that ends a session and names its successor, if any; fails if it has already ended or cannot be revoked.
 */
export function ending({ userId, sessionId }: Session, now: EpochMs, nextSessionId: string): TransactWrite {
  return {
    update: keys.session(userId, sessionId),
    change: ex`SET revokeTimeMs = ${now}, nextSessionId = ${nextSessionId}`,
    when: notEnded,
  };
}

/** @returns the revoked session, or why it was not revoked */
export async function revoke(
  table: Table,
  userId: UserId,
  sessionId: string,
  now: EpochMs,
): Promise<Session | 'missing' | 'alreadyRevoked' | 'notRevocable'> {
  const change = ex`SET revokeTimeMs = ${now}`;
  const written = await table.update(keys.session(userId, sessionId), change, { when: notEnded });
  const current = sessionOf(written.ok ? written.item : written.current);
  if (!current) return 'missing';
  if (written.ok) return current;
  return current.revocable === false ? 'notRevocable' : 'alreadyRevoked';
}

/** Newest expiry first; `before` is exclusive. The index lists the sessions, the rows give their current state. */
export async function listByExpiry(
  table: Table,
  userId: UserId,
  before: number | undefined,
  limit: number,
): Promise<Session[]> {
  const found = await table.query({
    index: 'gsi1',
    pk: sessionIndex.ofUser(userId),
    ...(before === undefined ? {} : { to: sessionIndex.expiry(before - 1) }),
    backward: true,
    limit,
    only: ['pk', 'sk'],
  });
  const items = await table.batchGet(found.map(({ pk, sk }) => ({ pk: String(pk), sk: String(sk) })));
  const sessions = items.flatMap((item) => sessionOf(item) ?? []);
  return sessions.sort((a, b) => expiry(b).localeCompare(expiry(a)));
}

const expiry = (session: Session): string => sessionIndex.expiry(session.expireTimeMs);

const notEnded = ex`attribute_exists(pk) AND attribute_not_exists(revokeTimeMs) AND attribute_not_exists(revocable)`;

function sessionOf(item: Item | undefined): Session | undefined {
  // Such items are only written above.
  return item && (item as unknown as Session);
}
