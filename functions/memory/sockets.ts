import { removeGone } from '../core/channel/delivery.ts';
import { countMembership } from '../core/channel/log.ts';
import { changeForm, listMembers } from '../core/channel/members.ts';
import { concurrently } from '../core/concurrently.ts';
import type { Connection } from '../core/connection.ts';
import { findConnections } from '../core/connection-store.ts';
import type { CloseReason } from '../core/errors.ts';
import type { ConnectionId, UserId } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import type { Instance } from '../projects/instance.ts';
import { findInstance, levelOn } from '../projects/reach.ts';
import { channelOf, documentForm, memoryChannel } from './channel.ts';
import { documentChannel, documentOf } from './document.ts';

/** A socket that was opened without a credential; job of the fan-out function. */
export interface StrangerBody {
  readonly connection: ConnectionId;
}

/** Closes a socket that still has not authenticated. */
export async function endStranger(ports: Ports, { connection: id }: StrangerBody): Promise<void> {
  const [connection] = await findConnections(ports, [id]);
  if (connection && !connection.identity) await ports.gateway.close(id, 'notLoggedIn');
}

/**
 * Checks again which connections may listen to instances, after a permission was revoked. One that may not read any
 * more receives nothing from then on, and its socket is closed.
 * @param userId check only this user's connections
 */
export async function recheckListeners(ports: Ports, instanceIds: readonly string[], userId?: UserId): Promise<void> {
  for (const instanceId of instanceIds) {
    const connections = await connectionsTo(ports, instanceId);
    const concerned = connections.filter(({ identity }) => userId === undefined || identity?.userId === userId);
    if (concerned.length === 0) continue;
    const holders = await holdersIn(ports, await findInstance(ports, instanceId), concerned);
    const refused = concerned.filter((one) => !holders.has(shownBy(one)));
    await end(ports, instanceId, refused, 'notAllowed');
  }
}

/** User and credential of a connection. Of sockets that share both, all may listen or none. */
const shownBy = ({ identity }: Connection): string => JSON.stringify([identity?.userId, identity?.credential]);

/** The users and credentials among these connections that may read, as {@link shownBy} writes them. */
async function holdersIn(
  ports: Ports,
  instance: Instance | undefined,
  connections: readonly Connection[],
): Promise<ReadonlySet<string>> {
  const holders = new Set<string>();
  const shown = [...new Map(connections.map((one) => [shownBy(one), one]))];
  await concurrently(atOnce, shown, async ([who, { identity }]) => {
    if (identity && instance && (await levelOn(ports, identity, instance))) holders.add(who);
  });
  return holders;
}

/** Closes the sockets of a deleted instance. */
export async function closeSocketsOf(ports: Ports, instanceId: string): Promise<void> {
  await end(ports, instanceId, await connectionsTo(ports, instanceId), 'instanceDeleted');
}

/** Stops frames of keys for a connection that edits the document: it receives changes of keys as updates. */
export async function hearNoKeys(ports: Ports, instanceId: string, connection: ConnectionId): Promise<void> {
  await changeForm(ports, channelOf(instanceId), connection, documentForm);
  await countMembership(ports, channelOf(instanceId));
}

async function connectionsTo(ports: Ports, instanceId: string): Promise<Connection[]> {
  const members = await listMembers(ports, channelOf(instanceId));
  return findConnections(
    ports,
    members.map(({ connectionId }) => connectionId),
  );
}

async function end(ports: Ports, instanceId: string, sockets: readonly Connection[], why: CloseReason): Promise<void> {
  const ids = sockets.map(({ id }) => id);
  await removeGone(ports, memoryChannel, channelOf(instanceId), ids);
  await removeGone(ports, documentChannel, documentOf(instanceId), ids);
  await concurrently(atOnce, ids, (id) => ports.gateway.close(id, why));
}

/** Limited, because an instance may have very many sockets. */
const atOnce = 25;
