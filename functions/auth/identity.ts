import type { Caller, Identity } from '../core/caller.ts';
import { Failure } from '../core/errors.ts';

/** Who is calling, where the contract lets nobody in who is not signed in. @throws Failure `not_logged_in` */
export function identityOf({ identity }: Caller): Identity {
  if (!identity) throw new Failure('not_logged_in', 'You have to be signed in for this.');
  return identity;
}
