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

/** A socket that was opened as nobody's; job of the fan-out function. */
export interface StrangerBody {
  readonly connection: ConnectionId;
}

/** Ends a socket that still has not said who it is. */
export async function endStranger(ports: Ports, { connection: id }: StrangerBody): Promise<void> {
  const [connection] = await findConnections(ports, [id]);
  if (connection && !connection.identity) await ports.gateway.close(id, 'notLoggedIn');
}

/**
 * Looks again who may listen to instances, after something was taken away: whoever may not read any more hears nothing from
 * here on, and the socket is closed.
 * @param userId only theirs
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

/** Who somebody is and what they showed: sockets that have this in common may all listen, or none of them. */
const shownBy = ({ identity }: Connection): string => JSON.stringify([identity?.userId, identity?.credential]);

/** Those of the connections' users, with what they showed, who may read. */
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

/** An instance was deleted. */
export async function closeSocketsOf(ports: Ports, instanceId: string): Promise<void> {
  await end(ports, instanceId, await connectionsTo(ports, instanceId), 'instanceDeleted');
}

/** A connection edits the document from here on: what becomes of keys it hears as that. */
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

/** An instance may have very many sockets. */
const atOnce = 25;
