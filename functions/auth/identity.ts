import type { Caller, Identity } from '../core/caller.ts';
import { Failure } from '../core/errors.ts';

/** Who is calling, where the contract lets nobody in who is not signed in. @throws Failure `not_logged_in` */
export function identityOf({ identity }: Caller): Identity {
  if (!identity) throw new Failure('not_logged_in', 'You have to be signed in for this.');
  return identity;
}

/**
 * Who somebody is for longer than a request takes. Issuers' tokens hold for a minute or so and are not revoked: what was
 * begun with one, a socket or the work of a model, outlives it. Everything else holds as long as it says.
 */
export function lasting(identity: Identity): Identity {
  const { credential } = identity;
  return credential.kind === 'jwt' ? { ...identity, credential: { ...credential, expiresAt: null } } : identity;
}
