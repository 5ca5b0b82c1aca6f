import type { Identity } from '../core/caller.ts';
import type { Connection } from '../core/connection.ts';
import type { Ports } from '../core/ports.ts';
import type { Table } from '../core/table.ts';
import { invalidToken } from './connection-tokens.ts';
import { identityBehind } from './valid-session.ts';

/** What was found a moment ago holds for so long. */
const trustedMs = 2_000;
const mostKept = 1_000;

/**
 * Who a socket that has logged in speaks for, if the session that it showed still holds: asked for each of its messages.
 * Answered from memory for two seconds, then with one read of session and user; somebody anonymous costs none.
 * @throws Failure `invalid_token`, `session_expired` or `user_is_banned`
 */
export async function checkSession(ports: Ports, { id, login }: Connection): Promise<Identity | undefined> {
  if (!login || login.userId === null || login.sessionId === null) return undefined;
  const kept = keptOf(ports.table);
  const name = `${id} ${login.sessionId}`;
  const now = ports.clock.now();
  const known = kept.get(name);
  if (known && known.at <= now && now - known.at < trustedMs) return known.identity;
  kept.delete(name);
  const found = await identityBehind(ports, login.userId, login.sessionId, {
    proves: () => true, // it did when it logged in
    refusal: invalidToken,
  });
  kept.set(name, { at: now, identity: found });
  const oldest = kept.keys().next();
  if (kept.size > mostKept && !oldest.done) kept.delete(oldest.value);
  return found;
}

/** Findings by connection and session, one map to a table. */
type Kept = Map<string, { readonly at: number; readonly identity: Identity }>;
const keptFindings = new WeakMap<Table, Kept>();

function keptOf(table: Table): Kept {
  const kept: Kept = keptFindings.get(table) ?? new Map();
  keptFindings.set(table, kept);
  return kept;
}
