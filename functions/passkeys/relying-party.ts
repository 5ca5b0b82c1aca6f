import type { Caller } from '../core/caller.ts';
import { ENV } from '../core/env.ts';
import { Failure } from '../core/errors.ts';
import { isOrigin } from '../core/origins.ts';
import type { RelyingParty, Settings } from '../core/settings.ts';

/**
 * Whose page is asking: by its origin, or by the host it asks where browsers send no origin, as with a GET of one's own
 * site. Programs may claim what they like here: what an authenticator signs names the page itself.
 * @throws Failure `not_supported` when passkeys are switched off, `invalid_origin` for pages of nobody
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
