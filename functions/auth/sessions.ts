import { branded } from '../core/branded.ts';
import type { Caller } from '../core/caller.ts';
import { askToCloseSockets } from '../core/close-sockets.ts';
import { Failure } from '../core/errors.ts';
import type { UserId } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { identityOf } from './identity.ts';
import { logoutUrlOf } from './openid-tokens.ts';
import { startSession } from './session-answer.ts';
import { parseSessionKey } from './session-keys.ts';
import { ending, listByExpiry, readSessionAndUser, revoke, type Session } from './session-store.ts';
import { notAllRevokedSince, readUser, revokeAll } from './user-store.ts';
import type { User } from './users.ts';

/** Listing, replacing and revoking sessions. Ending a session also closes the sockets that it opened. */

const pageSize = 10;

export async function listSessions(
  { table }: Ports,
  caller: Caller,
  input: { readonly expireTimeMs?: number | undefined; readonly userId?: string | undefined },
) {
  const { userId, credential } = identityOf(caller);
  const whose = input.userId === undefined ? userId : branded<UserId>(input.userId);
  const [user, sessions] = await Promise.all([
    readUser(table, whose),
    listByExpiry(table, whose, input.expireTimeMs, pageSize),
  ]);
  return {
    sessions: sessions.map((session) => ({
      userId: session.userId,
      sessionId: session.sessionId,
      grantedTimeMs: session.grantedTimeMs,
      expireTimeMs: session.expireTimeMs,
      revokeTimeMs: revokedAt(session, user),
      currentSession: credential.kind === 'session' && credential.id === session.sessionId,
      ipAddress: session.ipAddress,
      nextSessionId: session.nextSessionId ?? null,
    })),
  };
}

export async function replaceSession(ports: Ports, caller: Caller) {
  const { userId, credential } = identityOf(caller);
  const { session } = await readSessionAndUser(ports.table, userId, credential.id);
  if (credential.kind !== 'session' || !session) throw new Failure('invalid_key', 'Only a session can be replaced.');
  const previousSessionId = session.sessionId;
  const { write, sessionId, answer } = await startSession(ports, userId, {
    ip: caller.ip,
    previousSessionId,
    openId: session.openId,
  });
  const replaced = await ports.table.transact([
    ending(session, ports.clock.now(), sessionId),
    write,
    notAllRevokedSince(session.grantedTimeMs, userId),
  ]);
  if (!replaced.ok) throw new Failure('invalid_key', 'This session has ended, or cannot be replaced.');
  await askToCloseSockets(ports, { userId, credential: { kind: 'session', id: previousSessionId } });
  return answer;
}

export async function revokeSession(
  ports: Ports,
  caller: Caller,
  input: {
    readonly sessionKey?: string | undefined;
    readonly userId?: string | undefined;
    readonly sessionId?: string | undefined;
  },
) {
  const named = namedSession(input);
  if (!named.userId) throw new Failure('unacceptable_user_id', 'Give a sessionKey, or userId and sessionId.');
  if (!named.sessionId) throw new Failure('unacceptable_session_id', 'Give a sessionKey, or userId and sessionId.');
  const { userId } = identityOf(caller);
  if (named.userId !== userId) throw new Failure('invalid_key', 'That is a session of another user.');

  const outcome = await revoke(ports.table, userId, named.sessionId, ports.clock.now());
  if (outcome === 'missing') throw new Failure('session_not_found', 'There is no such session.');
  if (outcome === 'notRevocable') throw notRevocable();
  // Also if it was already revoked, because that handler may have died before it queued this job.
  await askToCloseSockets(ports, { userId, credential: { kind: 'session', id: named.sessionId } });
  if (outcome === 'alreadyRevoked') throw new Failure('session_already_revoked', 'The session was revoked already.');
  const logoutUrl = await logoutUrlOf(ports, outcome);
  return logoutUrl === undefined ? {} : { logoutUrl };
}

export async function revokeAllSessions(ports: Ports, caller: Caller) {
  const { userId } = identityOf(caller);
  // Queued first: if the handler dies in between, the client's key still works and it can retry. The job checks the
  // sockets again later.
  await askToCloseSockets(ports, { userId });
  await revokeAll(ports.table, userId, ports.clock.now());
  return {};
}

export async function logout(ports: Ports, caller: Caller) {
  const { userId, credential } = identityOf(caller);
  if (credential.kind !== 'session') throw notRevocable();
  await askToCloseSockets(ports, { userId, credential }); // first, as in revokeAllSessions
  const outcome = await revoke(ports.table, userId, credential.id, ports.clock.now());
  if (outcome === 'notRevocable') throw notRevocable();
  return {};
}

function namedSession(input: {
  readonly sessionKey?: string | undefined;
  readonly userId?: string | undefined;
  readonly sessionId?: string | undefined;
}): { readonly userId?: string | undefined; readonly sessionId?: string | undefined } {
  if (input.sessionKey === undefined) return input;
  const key = parseSessionKey(input.sessionKey);
  if (!key) throw new Failure('unacceptable_session_key', 'The sessionKey cannot be read.');
  return key;
}

function notRevocable(): Failure {
  return new Failure('session_is_not_revokable', 'This session cannot be revoked here.');
}

/** A revocation of all sessions applies to those granted before it. */
function revokedAt(session: Session, user: User | undefined): number | null {
  const all = user?.allSessionRevokeTimeMs;
  const byAll = all !== undefined && session.revocable !== false && all >= session.grantedTimeMs ? all : null;
  if (session.revokeTimeMs === undefined) return byAll;
  return byAll === null ? session.revokeTimeMs : Math.min(byAll, session.revokeTimeMs);
}
