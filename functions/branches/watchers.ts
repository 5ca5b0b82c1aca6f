import type { SocketCaller } from '../core/caller.ts';
import { countMembership } from '../core/channel/log.ts';
import type { Entrant, Listener } from '../core/channel/members.ts';
import { introduce } from '../core/channel/members.ts';
import type { Login } from '../core/connection.ts';
import type { Ports } from '../core/ports.ts';
import { isBranch } from './address.ts';
import { tellRenamed } from './notices.ts';

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

const watcherNamed = ({ connectionId, sessionId, userId }: Login): Watcher => ({ connectionId, sessionId, userId });

/** Somebody has logged in anew: whatever they watch already goes on, under their new name. */
export async function introduceAnew(
  ports: Ports,
  { connection, frame }: SocketCaller,
  login: Login,
  before: Login,
): Promise<void> {
  const watcher = watcherNamed(login);
  const about = JSON.stringify(watcher);
  if (about === JSON.stringify(watcherNamed(before))) return;
  for (const channel of connection.channels) {
    await introduce(ports, channel, connection.id, about);
    await countMembership(ports, channel);
    if (!isBranch(channel)) continue;
    const notice = { channel, connection: connection.id, watcher, id: `${frame.requestId}:${channel}` };
    await tellRenamed(ports, notice, watcherNamed(before));
  }
}

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
