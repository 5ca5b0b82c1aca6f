import { looksLikeApiKey } from '../api-keys/key-text.ts';
import { type ApiKey, keyOf, scopesOf, shownKey } from '../api-keys/shown-key.ts';
import type { Identity } from '../core/caller.ts';
import { Failure } from '../core/errors.ts';
import type { Ports } from '../core/ports.ts';
import { isSameSecret } from '../core/timing-safe.ts';
import { looksLikeJwt, verifyJwt } from './jwt.ts';
import { personOf } from './people.ts';
import { hashOfSessionSecret } from './secrets.ts';
import { parseSessionKey } from './session-keys.ts';
import type { Session } from './session-store.ts';
import { trustsIssuers } from './trusted-issuers.ts';
import { readUser } from './user-store.ts';
import { proven, refuseBanned, roleOf, shown, type User } from './users.ts';
import { identityBehind } from './valid-session.ts';

/**
 * The only reader of credentials, for every door and dialect: the form of a text shows what kind it is. Nothing is
 * cached between calls, so that a revocation takes effect at once. An invalid credential is refused, never treated as
 * anonymous.
 *
 * @param text a bearer credential as sent; undefined when none was
 * @throws Failure `unacceptable_session_key` for a text that is no credential of ours, `invalid_key`, `session_expired`
 * or `user_is_banned` for an invalid one
 */
export async function identify(ports: Ports, text: string | undefined): Promise<Identity | undefined> {
  if (text === undefined) return undefined;
  if (looksLikeApiKey(text)) return identifyByApiKey(ports, text);
  if (looksLikeJwt(text)) return identifyByJwt(ports, text);
  return identifyBySession(ports, text);
}

async function identifyBySession(ports: Ports, text: string): Promise<Identity> {
  const key = parseSessionKey(text);
  if (!key) throw new Failure('unacceptable_session_key', 'The credential cannot be read: it is no session key.');
  const { userId, sessionId, secret } = key;
  const proves = ({ secretHash }: Session) => isSameSecret(secretHash, hashOfSessionSecret(sessionId, secret));
  return identityBehind(ports, userId, sessionId, { proves, refusal: invalid, allRevoked: () => new AllRevoked() });
}

async function identifyByJwt(ports: Ports, text: string): Promise<Identity> {
  // Without trusted issuers no token can be valid.
  if (!trustsIssuers(ports.settings)) throw new Failure('unacceptable_session_key', 'Invalid token');
  const claims = await verifyJwt(ports, text);
  const user: User = await personOf(ports, claims);
  refuseBanned(user);
  return {
    userId: user.id,
    role: roleOf(user, ports.settings),
    credential: { kind: 'jwt', id: claims.id, expiresAt: claims.expiresAt },
    provider: claims.provider,
    ...proven(user),
    ...shown(claims.name, claims.email),
  };
}

/** The key acts as its owner, within its permission and reach. */
async function identifyByApiKey(ports: Ports, text: string): Promise<Identity> {
  return identityOfKey(ports, await shownKey(ports, text));
}

/** @throws Failure `invalid_key` if the key or its owner no longer exists; `user_is_banned` */
async function identityOfKey(ports: Ports, key: ApiKey | undefined): Promise<Identity> {
  const user = key && (await readUser(ports.table, key.userId));
  if (!user) throw new Failure('invalid_key', 'Invalid API key');
  refuseBanned(user);
  const { id, reach } = key;
  return {
    userId: user.id,
    role: roleOf(user, ports.settings),
    credential: { kind: 'apiKey', id, scopes: scopesOf(key), ...(reach ? { reach } : {}), expiresAt: null },
    ...proven(user),
    ...shown(user.name, user.email),
  };
}

/**
 * Checks again whether an earlier credential is still valid, and returns the current identity.
 * @throws Failure `invalid_key`, `session_expired` or `user_is_banned`
 */
export async function holdsStill(ports: Ports, identity: Identity): Promise<Identity> {
  const { userId, credential } = identity;
  if (credential.expiresAt !== null && credential.expiresAt <= ports.clock.now()) {
    throw new Failure('session_expired', 'The credential has expired: sign in again.');
  }
  if (credential.kind === 'apiKey') return identityOfKey(ports, await keyOf(ports, userId, credential.id));
  if (credential.kind === 'session') {
    return identityBehind(ports, userId, credential.id, { proves: () => true, refusal: invalid });
  }
  const user = await readUser(ports.table, userId);
  if (user) refuseBanned(user);
  else if (credential.kind === 'jwt') throw new Failure('invalid_key', 'The user is not there any more.');
  return identity;
}

function invalid(): Failure {
  return new Failure('invalid_key', notValid);
}

const notValid = 'The session key is not valid.';

/** All sessions of the user were revoked. Looks like any other refusal, except in dialects with a code for it. */
export class AllRevoked extends Failure {
  constructor() {
    super('invalid_key', notValid);
  }
}
