import { together } from '../core/concurrently.ts';
import type { Connection } from '../core/connection.ts';
import { findConnections } from '../core/connection-store.ts';
import type { ChannelName, ConnectionId, EpochMs } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { keptByTable } from '../insts/kept.ts';
import { mayRead } from '../insts/readers.ts';
import { addressIn } from './address.ts';

/**
 * Rechecks the permission of watchers of insts in records before every post, unless it was checked within the last two
 * seconds. So a watcher hears nothing more once the permission is revoked. The server then closes the socket, in every
 * dialect; when the client reconnects it gets the refusal.
 */

const keptMs = 2_000;

interface Decision {
  readonly at: EpochMs;
  readonly isAllowed: Promise<boolean>;
}

const decisions = keptByTable<Decision>(10_000);

/** Those members of a branch's channel who may still read it, in the same order. */
export async function stillAllowed<L extends { readonly connectionId: ConnectionId }>(
  ports: Ports,
  channel: ChannelName,
  listeners: readonly L[],
): Promise<readonly L[]> {
  const { recordName, inst } = addressIn(channel);
  if (recordName === null) return listeners;
  const place = { recordName: recordName.trim(), inst };
  const now = ports.clock.now();
  const nameOf = (id: ConnectionId) => JSON.stringify([id, place]);
  const isKept = (decision: Decision | undefined) => decision !== undefined && now - decision.at < keptMs;
  const open = listeners
    .map(({ connectionId }) => connectionId)
    .filter((id) => !isKept(decisions.get(ports.table, nameOf(id))));
  if (open.length > 0) {
    const refused = refusedOf(ports, place, open);
    for (const id of open) {
      const isAllowed = refused.then((these) => !these.has(id));
      decisions.set(ports.table, nameOf(id), { at: now, isAllowed });
      isAllowed.catch(() => decisions.forget(ports.table, nameOf(id)));
    }
  }
  const allowed = await Promise.all(
    listeners.map(({ connectionId }) => decisions.get(ports.table, nameOf(connectionId))?.isAllowed ?? true),
  );
  return listeners.filter((_, index) => allowed[index]);
}

/**
 * Authorizes members, and closes the sockets of those without permission. It ignores dead connections, which posts will
 * find.
 */
async function refusedOf(
  ports: Ports,
  place: { readonly recordName: string; readonly inst: string },
  ids: readonly ConnectionId[],
): Promise<ReadonlySet<ConnectionId>> {
  const connections: readonly Connection[] = await findConnections(ports, ids);
  const answers = await mayRead(
    ports,
    place,
    connections.map(({ identity }) => identity),
  );
  const refused = connections.filter((_, index) => !answers[index]).map(({ id }) => id);
  await together(refused.map((id) => ports.gateway.close(id, 'notAllowed')));
  return new Set(refused);
}
