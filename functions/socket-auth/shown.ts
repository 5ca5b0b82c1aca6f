import { AllRevoked, identify } from '../auth/credentials.ts';
import { countsEverywhere } from '../core/access.ts';
import { branded } from '../core/branded.ts';
import type { Identity } from '../core/caller.ts';
import { Failure } from '../core/errors.ts';
import type { EpochMs, UserId } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';

/**
 * The identity of a token: one of our credentials, or one that the application validates.
 * @throws Failure `not_logged_in`, the same for every invalid token; `session_revoked`; `service_unavailable`
 */
export async function identityShown(ports: Ports, token: string): Promise<Identity> {
  const identity = (await ourIdentity(ports, token)) ?? (await vouchedFor(ports, token));
  if (identity) return identity;
  throw new Failure('not_logged_in', 'The token does not hold.');
}

async function ourIdentity(ports: Ports, token: string): Promise<Identity | undefined> {
  try {
    const identity = await identify(ports, token);
    return identity && countsEverywhere(identity.credential) ? identity : undefined;
  } catch (thrown) {
    if (thrown instanceof AllRevoked || (thrown instanceof Failure && thrown.code === 'user_is_banned')) {
      throw new Failure('session_revoked', 'The sessions of this user have been revoked.');
    }
    // A temporary failure of the check does not make the token invalid.
    if (thrown instanceof Failure && thrown.code !== 'service_unavailable') return undefined;
    throw thrown;
  }
}

async function vouchedFor({ app, clock }: Ports, token: string): Promise<Identity | undefined> {
  const person = await app.auth?.validate?.(token);
  if (!person) return undefined;
  const { userId, roles, expiresAt = null } = person;
  if (expiresAt !== null && expiresAt <= clock.now()) return undefined;
  const id = branded<UserId>(`app:${userId}`);
  return {
    userId: id,
    role: 'none',
    credential: { kind: 'app', id, expiresAt: expiresAt === null ? null : branded<EpochMs>(expiresAt) },
    ...(roles ? { appRoles: roles } : {}),
  };
}
