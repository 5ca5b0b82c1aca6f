import type { SocketCaller } from '../core/caller.ts';
import type { Entrant, Listener } from '../core/channel/members.ts';
import type { Login } from '../core/connection.ts';

/** A watcher as its peers see it. The id of its socket never leaves the server. */
export interface Watcher {
  readonly connectionId: string;
  readonly sessionId: string | null;
  readonly userId: string | null;
}

/** The caller, as peers see it. */
export function watcherOf({ connection, identity }: SocketCaller): Watcher {
  const { login } = connection;
  if (login) return watcherNamed(login);
  const sessionId = identity?.credential.kind === 'session' ? identity.credential.id : null;
  return { connectionId: `${connection.connectedAt}`, sessionId, userId: identity?.userId ?? null };
}

/** The watcher in a member's row, as of its join. */
export function watcherIn({ about }: Pick<Listener, 'about'>): Watcher {
  // Written from a value of this type by `entrant`.
  return JSON.parse(about) as Watcher;
}

/** The watcher with this login. */
export const watcherNamed = ({ connectionId, sessionId, userId }: Login): Watcher => ({
  connectionId,
  sessionId,
  userId,
});

/** The caller's data for a member row. */
export function entrant(caller: SocketCaller, form: string): Omit<Entrant, 'state' | 'from'> {
  const { connection, frame } = caller;
  return {
    connectionId: connection.id,
    at: frame.at,
    request: frame.requestId,
    expiresAt: connection.expiresAt,
    about: JSON.stringify(watcherOf(caller)),
    form,
  };
}
