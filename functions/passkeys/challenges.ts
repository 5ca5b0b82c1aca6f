import type { Ids } from '../core/ports.ts';

/** How long a browser may wait for its user, ms. */
export const promptMs = 60_000;

/** 256 random bits as base64url text for an authenticator to sign, so that no earlier signature can be replayed. */
export function newChallenge(ids: Ids): string {
  return Buffer.from(ids.bytes(32)).toString('base64url');
}
