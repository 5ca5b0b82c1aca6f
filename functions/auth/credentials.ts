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
 * The one reader of credentials, for every door and dialect: what a text is, is told by its form. Nothing is remembered
 * between calls, so that what was revoked a moment ago holds no more. What was sent and is bad is refused, never taken
 * for anonymous.
 *
 * @param text a bearer credential as sent; undefined when none was
 * @throws Failure `unacceptable_session_key` for what is no credential of ours, `invalid_key`, `session_expired` or
 * `user_is_banned` for one that does not hold
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
  // Where nobody issues tokens it is nothing that anybody could have got.
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

/** The key acts as its owner, as far as it is good for. */
async function identifyByApiKey(ports: Ports, text: string): Promise<Identity> {
  return identityOfKey(ports, await shownKey(ports, text));
}

/** @throws Failure `invalid_key` where there is no such key any more, or nobody behind it; `user_is_banned` */
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
 * Who somebody is now who showed who they are a while ago, if what they showed still holds.
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

/** All sessions of its user have been ended. Looks like every other, but to dialects that have a word for it. */
export class AllRevoked extends Failure {
  constructor() {
    super('invalid_key', notValid);
  }
}
