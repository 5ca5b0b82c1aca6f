import type { SocketCaller } from '../core/caller.ts';
import type { Entrant, Listener } from '../core/channel/members.ts';
import type { Login } from '../core/connection.ts';

/** Somebody who watches, as peers see them. Their socket's own id never leaves the server. */
export interface Watcher {
  readonly connectionId: string;
  readonly sessionId: string | null;
  readonly userId: string | null;
}

/** Who is calling, as peers see them. */
export function watcherOf({ connection, identity }: SocketCaller): Watcher {
  const { login } = connection;
  if (login) return watcherNamed(login);
  const sessionId = identity?.credential.kind === 'session' ? identity.credential.id : null;
  return { connectionId: `${connection.connectedAt}`, sessionId, userId: identity?.userId ?? null };
}

/** Who it was when they came. */
export function watcherIn({ about }: Pick<Listener, 'about'>): Watcher {
  // Written from a value of this type by `entrant`.
  return JSON.parse(about) as Watcher;
}

/** Who has logged in so. */
export const watcherNamed = ({ connectionId, sessionId, userId }: Login): Watcher => ({
  connectionId,
  sessionId,
  userId,
});

/** What a member row says of the caller. */
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
