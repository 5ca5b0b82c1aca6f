import { canonical } from '../auth/addresses.ts';
import type { Credential, Identity } from '../core/caller.ts';
import type { Ports } from '../core/ports.ts';
import type { StoreSession } from '../core/store-permissions.ts';

/**
 * A connection's session: the signed-in user, with current roles from the settings and the application. Undefined if no
 * user is signed in, or no longer.
 */
export function sessionOf({ app, settings, clock }: Ports, identity: Identity | undefined): SignedIn | undefined {
  if (!identity) return undefined;
  const { userId, credential, provenAddresses = [], appRoles = [] } = identity;
  const { expiresAt } = credential;
  if (expiresAt !== null && expiresAt <= clock.now()) return undefined;
  const isAdmin = provenAddresses.some((address) => settings.adminAddresses.has(canonicalOf(address)));
  const given = app.auth?.roles?.({ userId, addresses: provenAddresses }) ?? [];
  const roles = [...new Set(['user', ...(isAdmin ? ['admin'] : []), ...appRoles, ...given])];
  return { userId, roles, expiresAt, ...capOf(credential) };
}

export interface SignedIn extends StoreSession {
  readonly userId: string;
  /** Milliseconds since 1970; null: until the socket is closed. */
  readonly expiresAt: number | null;
}

/** The session of callers who are not signed in: no user and no roles. */
export const nobody: StoreSession = { userId: null, roles: [] };

/** An API key is limited by its highest permission; with `admin` only by its owner's roles. */
function capOf(credential: Credential): Pick<StoreSession, 'cap'> {
  if (credential.kind !== 'apiKey' || credential.scopes.includes('admin')) return {};
  return { cap: credential.scopes.includes('write') ? 'write' : 'read' };
}

const canonicalOf = (address: string): string => canonical(address.includes('@') ? 'email' : 'phone', address);
