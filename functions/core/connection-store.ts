import { branded } from './branded.ts';
import type { Identity } from './caller.ts';
import type { Connection } from './connection.ts';
import { ex } from './expression.ts';
import { connectionIdIn, connectionIndex, keys } from './keys.ts';
import type { ChannelName, ConnectionId, EpochMs, UserId } from './names.ts';
import type { Ports } from './ports.ts';
import type { Item } from './table.ts';

/** Rows of open sockets: the only file that reads and writes them, but for the list of channels, which `channel` keeps. */

export async function openConnection(ports: Ports, connection: Connection): Promise<void> {
  await ports.connections.put({
    ...keys.connection(connection.id),
    dialect: connection.dialect,
    path: connection.path,
    ip: connection.ip,
    origin: connection.origin,
    identity: connection.identity && JSON.stringify(connection.identity),
    name: connection.name,
    email: connection.email,
    ...(connection.identity ? ownerIndex(connection.id, connection.identity) : {}),
    connectedAt: connection.connectedAt,
    expiresAt: connection.expiresAt,
    ttl: Math.ceil(connection.expiresAt / 1000),
    gsi2pk: connectionIndex.shard(shardOf(connection.id)),
    gsi2sk: connection.quietSince,
  });
}

/** @returns undefined when the socket is gone: whatever is processed for it must leave nothing behind */
export async function findConnection(ports: Ports, id: ConnectionId): Promise<Connection | undefined> {
  const item = await ports.connections.get(keys.connection(id));
  return item && item.closing === undefined && Number(item.expiresAt) > ports.clock.now()
    ? connectionOf(id, item)
    : undefined;
}

/** Somebody anonymous has shown who they are; the first identity stays for the connection's life. */
export async function identifyConnection(ports: Ports, id: ConnectionId, identity: Identity): Promise<boolean> {
  const owner = ownerIndex(id, identity);
  const written = await ports.connections.update(
    keys.connection(id),
    ex`SET identity = ${JSON.stringify(identity)}, gsi1pk = ${owner.gsi1pk}, gsi1sk = ${owner.gsi1sk}`,
    { when: ex`attribute_exists(pk) AND attribute_not_exists(identity)` },
  );
  return written.ok;
}

/** Display data that an anonymous caller gives of themselves: each is set once. */
export async function nameConnection(
  ports: Ports,
  id: ConnectionId,
  { name, email }: { name: string | undefined; email: string | undefined },
): Promise<void> {
  const stillOpen = { when: ex`attribute_exists(pk)` };
  if (name !== undefined) {
    await ports.connections.update(keys.connection(id), ex`SET name = if_not_exists(name, ${name})`, stillOpen);
  }
  if (email !== undefined) {
    await ports.connections.update(keys.connection(id), ex`SET email = if_not_exists(email, ${email})`, stillOpen);
  }
}

/** Traffic is noted this often at most: one write in two minutes, not one a frame. */
const noteEveryMs = 2 * 60_000;

/** Some frame went in or out. */
export async function noteTraffic(ports: Ports, connection: Connection): Promise<void> {
  const now = ports.clock.now();
  if (now - connection.quietSince < noteEveryMs) return;
  await ports.connections.update(keys.connection(connection.id), ex`SET gsi2sk = ${now}`, {
    when: ex`attribute_exists(pk) AND attribute_not_exists(closing)`,
  });
}

export async function limitConnection(ports: Ports, id: ConnectionId, until: number): Promise<void> {
  await ports.connections.update(keys.connection(id), ex`SET limitedUntil = ${until}`, {
    when: ex`attribute_exists(pk)`,
  });
}

/**
 * Closes the row to whatever is still being processed for the socket.
 * @returns the channels it has to be taken out of; undefined when the row is gone
 */
export async function beginClosing(ports: Ports, id: ConnectionId): Promise<ReadonlySet<ChannelName> | undefined> {
  const written = await ports.connections.update(keys.connection(id), ex`SET closing = ${ports.clock.now()}`, {
    when: ex`attribute_exists(pk)`,
  });
  return written.ok && written.item ? channelsOf(written.item) : undefined;
}

export async function dropConnection(ports: Ports, id: ConnectionId): Promise<void> {
  await ports.connections.delete(keys.connection(id));
}

/** Sockets of a user, or those that one credential of theirs opened. Eventually consistent. */
export async function connectionsOf(
  ports: Ports,
  userId: UserId,
  credential?: { readonly kind: string; readonly id: string },
): Promise<ConnectionId[]> {
  const items = await ports.connections.query({
    index: 'gsi1',
    pk: connectionIndex.ofUser(userId),
    ...(credential ? { beginsWith: connectionIndex.credential(credential.kind, credential.id) } : {}),
    only: ['pk'],
  });
  return items.map(idOf);
}

/** Sockets of one shard that have been quiet since before a time, the quietest first. */
export async function quietConnections(ports: Ports, shard: number, before: EpochMs): Promise<Connection[]> {
  const items = await ports.connections.query({ index: 'gsi2', pk: connectionIndex.shard(shard), to: before });
  return items.map((item) => connectionOf(idOf(item), item));
}

const idOf = (item: Item): ConnectionId => branded<ConnectionId>(connectionIdIn(String(item.pk)));

function ownerIndex(id: ConnectionId, { userId, credential }: Identity) {
  return {
    gsi1pk: connectionIndex.ofUser(userId),
    gsi1sk: `${connectionIndex.credential(credential.kind, credential.id)}${id}`,
  };
}

function shardOf(id: ConnectionId): number {
  let sum = 0;
  for (let at = 0; at < id.length; at++) sum += id.charCodeAt(at);
  return sum % connectionIndex.shards;
}

function connectionOf(id: ConnectionId, item: Item): Connection {
  return {
    id,
    dialect: String(item.dialect),
    path: String(item.path),
    ip: String(item.ip),
    ...(typeof item.origin === 'string' ? { origin: item.origin } : {}),
    // Written by openConnection or identifyConnection from a value of this type.
    identity: typeof item.identity === 'string' ? (JSON.parse(item.identity) as Identity) : undefined,
    ...(typeof item.name === 'string' ? { name: item.name } : {}),
    ...(typeof item.email === 'string' ? { email: item.email } : {}),
    channels: channelsOf(item),
    ...(typeof item.movedBy === 'string' ? { movedBy: item.movedBy } : {}),
    connectedAt: branded<EpochMs>(Number(item.connectedAt)),
    expiresAt: branded<EpochMs>(Number(item.expiresAt)),
    quietSince: branded<EpochMs>(Number(item.gsi2sk)),
    ...(typeof item.limitedUntil === 'number' ? { limitedUntil: branded<EpochMs>(item.limitedUntil) } : {}),
  };
}

function channelsOf(item: Item): ReadonlySet<ChannelName> {
  // Only names of this form are ever added to the set.
  return item.channels instanceof Set ? (item.channels as ReadonlySet<ChannelName>) : new Set();
}
