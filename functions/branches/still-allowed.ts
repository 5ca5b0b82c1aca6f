import { together } from '../core/concurrently.ts';
import type { Connection } from '../core/connection.ts';
import { findConnections } from '../core/connection-store.ts';
import type { ChannelName, ConnectionId, EpochMs } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { keptByTable } from '../insts/kept.ts';
import { mayRead } from '../insts/readers.ts';
import { addressIn } from './address.ts';

/**
 * Whoever was let in hears of an inst in a record for as long as they may read it, and not for as long as they stay: before
 * anything is posted to them it is decided anew, if that has not been done within two seconds. Somebody who may not any
 * more loses the socket, whatever protocol it speaks; coming back they are told why they are not let in.
 */

const keptMs = 2_000;

interface Decision {
  readonly at: EpochMs;
  readonly isAllowed: Promise<boolean>;
}

const decisions = keptByTable<Decision>(10_000);

/** Those who may still hear what is said in a channel of a branch, in their order. */
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

/** Decides, and ends the sockets of those who may not. Who is gone already is for others to find out. */
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
