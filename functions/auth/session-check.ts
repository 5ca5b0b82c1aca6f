import type { Identity } from '../core/caller.ts';
import type { Connection } from '../core/connection.ts';
import { Failure } from '../core/errors.ts';
import type { ConnectionId, UserId } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import type { Table } from '../core/table.ts';
import { invalidToken } from './connection-tokens.ts';
import { identityBehind } from './valid-session.ts';

/** How long a check counts as current. */
const trustedMs = 2_000;
const mostKept = 1_000;

/**
 * Checks, for each message of a logged-in socket, whether its session is still valid, and returns the identity. A check
 * is cached for two seconds and then costs one read of session and user; anonymous logins cost none.
 * @throws Failure `invalid_token`, `session_expired` or `user_is_banned`
 */
export async function checkSession(ports: Ports, { id, login }: Connection): Promise<Identity | undefined> {
  if (!login || login.userId === null || login.sessionId === null) return undefined;
  return heldLately(ports, id, login.userId, login.sessionId);
}

/**
 * The same for a socket that authenticated at the upgrade. Other credentials than sessions count until they expire, or
 * until they are revoked and the socket is closed.
 * @throws Failure `invalid_token`, `session_expired` or `user_is_banned`
 */
export async function checkIdentity(ports: Ports, { id, identity }: Connection): Promise<Identity | undefined> {
  if (!identity) return undefined;
  const { credential, userId } = identity;
  if (credential.kind === 'session') return heldLately(ports, id, userId, credential.id);
  if (credential.expiresAt !== null && credential.expiresAt <= ports.clock.now()) {
    throw new Failure('session_expired', 'The credential has expired: sign in again.');
  }
  return identity;
}

async function heldLately(ports: Ports, id: ConnectionId, userId: UserId, sessionId: string): Promise<Identity> {
  const kept = keptOf(ports.table);
  const name = `${id} ${sessionId}`;
  const now = ports.clock.now();
  const known = kept.get(name);
  if (known && known.at <= now && now - known.at < trustedMs) return known.identity;
  kept.delete(name);
  const found = await identityBehind(ports, userId, sessionId, {
    proves: () => true, // checked when the credential was sent
    refusal: invalidToken,
  });
  kept.set(name, { at: now, identity: found });
  const oldest = kept.keys().next();
  if (kept.size > mostKept && !oldest.done) kept.delete(oldest.value);
  return found;
}

/** Cached checks by connection and session, one map per table. */
type Kept = Map<string, { readonly at: number; readonly identity: Identity }>;
const keptFindings = new WeakMap<Table, Kept>();

function keptOf(table: Table): Kept {
  const kept: Kept = keptFindings.get(table) ?? new Map();
  keptFindings.set(table, kept);
  return kept;
}
