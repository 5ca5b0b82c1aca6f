import type { Caller } from '../core/caller.ts';
import { ENV } from '../core/env.ts';
import { Failure } from '../core/errors.ts';
import { isOrigin } from '../core/origins.ts';
import type { RelyingParty, Settings } from '../core/settings.ts';

/**
 * The relying party of the calling page: by its origin, or by the requested host if the browser sends no origin, as in
 * a GET to its own site. Programs can forge both, but an authenticator's signature covers the page's real origin.
 * @throws Failure `not_supported` if passkeys are disabled, `invalid_origin` if no relying party has that origin
 */
export function relyingPartyOf({ origin, host }: Caller, { relyingParties }: Settings): RelyingParty {
  if (relyingParties.length === 0) {
    throw new Failure('not_supported', `Passkeys are not supported here: the setting ${ENV.webAuthn} is missing.`);
  }
  const asks = (party: RelyingParty) =>
    origin === undefined ? isOrigin(hostIn(party.origin), host ?? '') : isOrigin(party.origin, origin);
  const party = relyingParties.find(asks);
  if (!party) throw new Failure('invalid_origin', 'The request must be made from an authorized origin.');
  return party;
}

function hostIn(origin: string): string {
  return origin.replace(/^\w+:\/\//, '');
}
