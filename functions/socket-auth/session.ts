import { canonical } from '../auth/addresses.ts';
import type { AppSession } from '../core/app.ts';
import type { Identity } from '../core/caller.ts';
import type { Ports } from '../core/ports.ts';

/**
 * A connection's session: who is signed in, with the roles that the settings and the application give them now. Undefined
 * when nobody is, or no longer.
 */
export function sessionOf({ app, settings, clock }: Ports, identity: Identity | undefined): SignedIn | undefined {
  if (!identity) return undefined;
  const { userId, credential, provenAddresses = [], appRoles = [] } = identity;
  const { expiresAt } = credential;
  if (expiresAt !== null && expiresAt <= clock.now()) return undefined;
  const isAdmin = provenAddresses.some((address) => settings.adminAddresses.has(canonicalOf(address)));
  const given = app.auth?.roles?.({ userId, addresses: provenAddresses }) ?? [];
  return { userId, roles: [...new Set(['user', ...(isAdmin ? ['admin'] : []), ...appRoles, ...given])], expiresAt };
}

export interface SignedIn extends AppSession {
  readonly userId: string;
}

/** Where nobody has to be signed in, permissions see nobody without a role. */
export const nobody: AppSession = { userId: null, roles: [], expiresAt: null };

const canonicalOf = (address: string): string => canonical(address.includes('@') ? 'email' : 'phone', address);
