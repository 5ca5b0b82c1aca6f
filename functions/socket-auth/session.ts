import { canonical } from '../auth/addresses.ts';
import type { Credential, Identity } from '../core/caller.ts';
import type { Ports } from '../core/ports.ts';
import type { StoreSession } from '../core/store-permissions.ts';

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
  const roles = [...new Set(['user', ...(isAdmin ? ['admin'] : []), ...appRoles, ...given])];
  return { userId, roles, expiresAt, ...capOf(credential) };
}

export interface SignedIn extends StoreSession {
  readonly userId: string;
  /** Milliseconds since 1970; null: until the socket is closed. */
  readonly expiresAt: number | null;
}

/** Where nobody has to be signed in, permissions see nobody without a role. */
export const nobody: StoreSession = { userId: null, roles: [] };

/** An API key reaches as far as its highest permission; with `admin` that is as far as its owner's own roles. */
function capOf(credential: Credential): Pick<StoreSession, 'cap'> {
  if (credential.kind !== 'apiKey' || credential.scopes.includes('admin')) return {};
  return { cap: credential.scopes.includes('write') ? 'write' : 'read' };
}

const canonicalOf = (address: string): string => canonical(address.includes('@') ? 'email' : 'phone', address);
