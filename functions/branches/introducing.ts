import type { SocketCaller } from '../core/caller.ts';
import { countMembership } from '../core/channel/log.ts';
import { introduce } from '../core/channel/members.ts';
import type { Login } from '../core/connection.ts';
import type { Ports } from '../core/ports.ts';
import { isBranch } from './address.ts';
import { tellRenamed } from './notices.ts';
import { watcherNamed } from './watchers.ts';

/** After a new login, a connection keeps watching its branches, under its new name. */
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
