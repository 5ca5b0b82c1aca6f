import type { Identity } from '../core/caller.ts';
import { Failure } from '../core/errors.ts';
import type { UserId } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { readSessionAndUser, type Session } from './session-store.ts';
import { proven, refuseBanned, roleOf, shown } from './users.ts';

export interface Proof {
  /** Whether the credential was made with this session. */
  proves(session: Session): boolean;
  /** Deliberately vague: unknown, revoked and forged ones get the same answer. */
  refusal(): Failure;
  /** The refusal if all sessions of the user were revoked; default `refusal`. */
  allRevoked?(): Failure;
}

/**
 * The identity of a session, if it is valid now. One round trip without a cache, so that a revocation takes effect at
 * once.
 * @throws Failure the proof's refusal, `session_expired` or `user_is_banned`
 */
export async function identityBehind(
  { table, clock, settings }: Ports,
  userId: UserId,
  sessionId: string,
  { proves, refusal, allRevoked = refusal }: Proof,
): Promise<Identity> {
  const { session, user } = await readSessionAndUser(table, userId, sessionId);
  if (!session || !proves(session) || session.revokeTimeMs !== undefined) throw refusal();
  // The table deletes expired items days later, so the clock decides.
  if (session.expireTimeMs !== null && session.expireTimeMs <= clock.now()) {
    throw new Failure('session_expired', 'The session has expired. Sign in again.');
  }
  if (!user) throw refusal();
  const revokedUntil = user.allSessionRevokeTimeMs;
  if (revokedUntil !== undefined && revokedUntil >= session.grantedTimeMs && session.revocable !== false)
    throw allRevoked();
  refuseBanned(user);
  return {
    userId,
    role: roleOf(user, settings),
    credential: { kind: 'session', id: sessionId, expiresAt: session.expireTimeMs },
    ...proven(user),
    ...shown(user.name, user.email),
  };
}
