import type { Caller, Identity } from '../core/caller.ts';
import { Failure } from '../core/errors.ts';

/** The identity of the caller, in operations that need a signed-in user. @throws Failure `not_logged_in` */
export function identityOf({ identity }: Caller): Identity {
  if (!identity) throw new Failure('not_logged_in', 'You have to be signed in for this.');
  return identity;
}

/**
 * The identity for work that outlives a request. Tokens of issuers are valid for about a minute and are never revoked,
 * so a socket or model call that began with one continues after it expires. All other credentials keep their expiry.
 */
export function lasting(identity: Identity): Identity {
  const { credential } = identity;
  return credential.kind === 'jwt' ? { ...identity, credential: { ...credential, expiresAt: null } } : identity;
}
