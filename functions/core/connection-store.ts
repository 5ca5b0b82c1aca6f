import { branded } from './branded.ts';
import type { Identity } from './caller.ts';
import type { Connection, Limited, Login } from './connection.ts';
import { counting, shardOf } from './connection-count.ts';
import { type Expression, ex } from './expression.ts';
import { connectionIdIn, connectionIndex, keys } from './keys.ts';
import type { ChannelName, ConnectionId, EpochMs, UserId } from './names.ts';
import type { Ports } from './ports.ts';
import { uncounting } from './subscriptions.ts';
import type { Item, Key } from './table.ts';

/**
 * Rows of open sockets. Only this file reads and writes them, with three exceptions: `channel` maintains the list of
 * channels, `connection-count` counts rows, and `heartbeat` notes since when sockets have been quiet.
 */

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
    initialPush: connection.initialPush,
    ...(connection.identity ? ownerIndex(connection.id, connection.identity) : {}),
    connectedAt: connection.connectedAt,
    expiresAt: connection.expiresAt,
    ttl: Math.ceil(connection.expiresAt / 1000),
    gsi2pk: connectionIndex.shard(shardOf(connection.id, connectionIndex.shards), connection.answersPings),
    answersPings: connection.answersPings,
    gsi2sk: connection.quietSince,
    signIns: 0,
  });
}

/** @returns undefined when the socket is gone: a handler that still works for it must leave nothing behind */
export async function findConnection(ports: Ports, id: ConnectionId): Promise<Connection | undefined> {
  return openIn(ports, id, await ports.connections.get(keys.connection(id)));
}

/** The same, along with items of the other table: one round trip for all. */
export async function findConnectionAnd(
  ports: Ports,
  id: ConnectionId,
  others: readonly Key[],
): Promise<{ readonly connection: Connection | undefined; readonly items: readonly Item[] }> {
  const key = keys.connection(id);
  const found = await ports.connections.batchGet([key, ...others.map((other) => ({ ...other, in: ports.table }))]);
  const connection = openIn(
    ports,
    id,
    found.find(({ pk }) => pk === key.pk),
  );
  return { connection, items: found.filter(({ pk }) => pk !== key.pk) };
}

function openIn({ clock }: Ports, id: ConnectionId, item: Item | undefined): Connection | undefined {
  const isOpen = item && item.closing === undefined && Number(item.expiresAt) > clock.now();
  return isOpen ? connectionOf(id, item) : undefined;
}

/** Those of these sockets that are open, in no particular order. */
export async function findConnections(ports: Ports, ids: readonly ConnectionId[]): Promise<Connection[]> {
  const items = await ports.connections.batchGet(ids.map((id) => keys.connection(id)));
  return items.filter(({ closing }) => closing === undefined).map((item) => connectionOf(idOf(item), item));
}

/** An anonymous connection has authenticated. The first identity stays for the connection's life. */
export async function identifyConnection(ports: Ports, id: ConnectionId, identity: Identity): Promise<boolean> {
  const owner = ownerIndex(id, identity);
  const written = await ports.connections.update(
    keys.connection(id),
    ex`SET identity = ${JSON.stringify(identity)}, gsi1pk = ${owner.gsi1pk}, gsi1sk = ${owner.gsi1sk}`,
    { when: ex`attribute_exists(pk) AND attribute_not_exists(identity)` },
  );
  return written.ok;
}

/**
 * Logs a socket in. A login that was sent later replaces an earlier one, in whatever order they are processed, and
 * keeps the earlier identity. The first login is counted.
 * @param at when the gateway received the frame
 * @returns false when the socket is gone, or has logged in again since
 */
export async function logIn(
  ports: Ports,
  { id, login: before }: Connection,
  login: Login,
  identity: Identity | undefined,
  at: EpochMs,
): Promise<boolean> {
  const key = keys.connection(id);
  const change = loggedInAs(id, login, identity, at);
  if (!before) {
    const first = ex`attribute_exists(pk) AND attribute_not_exists(closing) AND attribute_not_exists(login)`;
    const done = await ports.connections.transact([{ update: key, change, when: first }, counting(ports, id, 1)]);
    if (done.ok) return true;
  }
  const again = ex`attribute_exists(login) AND attribute_not_exists(closing) AND loginAt <= ${at}`;
  return (await ports.connections.update(key, change, { when: again })).ok;
}

function loggedInAs(id: ConnectionId, login: Login, identity: Identity | undefined, at: EpochMs): Expression {
  const said = JSON.stringify(login);
  if (!identity) return ex`SET login = ${said}, loginAt = ${at} REMOVE identity, gsi1pk, gsi1sk`;
  const { gsi1pk, gsi1sk } = ownerIndex(id, identity);
  return ex`SET login = ${said}, loginAt = ${at}, identity = ${JSON.stringify(identity)}, gsi1pk = ${gsi1pk}, gsi1sk = ${gsi1sk}`;
}

/**
 * Signs a socket in, possibly over an earlier sign-in: the newest identity counts. Undefined signs it out.
 * @returns the changed connection; undefined when the socket is gone
 */
export async function replaceIdentity(
  ports: Ports,
  id: ConnectionId,
  identity: Identity | undefined,
): Promise<Connection | undefined> {
  const owner = identity && ownerIndex(id, identity);
  const change = owner
    ? ex`SET identity = ${JSON.stringify(identity)}, gsi1pk = ${owner.gsi1pk}, gsi1sk = ${owner.gsi1sk} ADD signIns ${1}`
    : ex`REMOVE identity, gsi1pk, gsi1sk ADD signIns ${1}`;
  const written = await ports.connections.update(keys.connection(id), change, { when: isOpen });
  return written.ok && written.item ? connectionOf(id, written.item) : undefined;
}

const isOpen = ex`attribute_exists(pk) AND attribute_not_exists(closing)`;

/** @returns whether this handler is to post the greeting, another one does, or the socket is gone */
export async function claimGreeting(
  ports: Ports,
  id: ConnectionId,
  { by, now, abandonedBefore }: { by: string; now: number; abandonedBefore: number },
): Promise<'ours' | 'taken' | 'gone'> {
  const written = await ports.connections.update(keys.connection(id), ex`SET greeter = ${by}, greeterSince = ${now}`, {
    when: ex`attribute_exists(pk) AND attribute_not_exists(closing) AND attribute_not_exists(greeted) AND (attribute_not_exists(greeter) OR greeter = ${by} OR greeterSince < ${abandonedBefore})`,
  });
  if (written.ok) return 'ours';
  return written.current && written.current.closing === undefined ? 'taken' : 'gone';
}

/** The greeting is out, so that handlers no longer wait for it. */
export async function noteGreeted(ports: Ports, id: ConnectionId): Promise<void> {
  await ports.connections.update(keys.connection(id), ex`SET greeted = ${true}`, { when: ex`attribute_exists(pk)` });
}

/** Marks a socket whose IP address already has too many. Instead of a greeting it gets the refusal. */
export async function turnAway(ports: Ports, id: ConnectionId): Promise<void> {
  await ports.connections.update(keys.connection(id), ex`SET turnedAway = ${true}`, { when: isOpen });
}

/** Stores display data from an anonymous client. Each field can be set once. */
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

/** Makes the server refuse the connection's frames until a time, because it sent too many. */
export async function limitConnection(ports: Ports, id: ConnectionId, { until, hits }: Limited): Promise<void> {
  await ports.connections.update(keys.connection(id), ex`SET limitedUntil = ${until}, limitedHits = ${hits}`, {
    when: ex`attribute_exists(pk)`,
  });
}

/** The server tells a client at most this often that it sends too much. */
const warnEveryMs = 1_000;

/** @returns whether to tell the client now that it sends too much; true for only one of several concurrent calls */
export async function mayWarn(ports: Ports, { id, warnedAt }: Connection): Promise<boolean> {
  const now = ports.clock.now();
  const before = now - warnEveryMs;
  if (warnedAt !== undefined && warnedAt > before) return false;
  const notJustNow = ex`attribute_exists(pk) AND (attribute_not_exists(warnedAt) OR warnedAt <= ${before})`;
  return (await ports.connections.update(keys.connection(id), ex`SET warnedAt = ${now}`, { when: notJustNow })).ok;
}

/**
 * Marks the row as closing, so that handlers that still work for the socket can no longer change it.
 * @returns where the socket has to be removed; undefined when the row is gone
 */
export async function beginClosing(ports: Ports, id: ConnectionId): Promise<Closing | undefined> {
  const written = await ports.connections.update(keys.connection(id), ex`SET closing = ${ports.clock.now()}`, {
    when: ex`attribute_exists(pk)`,
  });
  if (!written.ok || !written.item) return undefined;
  const { item } = written;
  return {
    channels: channelsOf(item),
    hasLoggedIn: item.login !== undefined,
    subscriptions: textsIn(item.subscriptions),
    ip: String(item.ip),
  };
}

/** What has to be removed with a closing socket. */
export interface Closing {
  readonly channels: ReadonlySet<ChannelName>;
  readonly hasLoggedIn: boolean;
  readonly subscriptions: ReadonlySet<string>;
  readonly ip: string;
}

/** Deletes the row and counts the socket out, exactly once even if several handlers try. */
export async function dropConnection(
  ports: Ports,
  id: ConnectionId,
  { hasLoggedIn, subscriptions }: Pick<Closing, 'hasLoggedIn' | 'subscriptions'>,
): Promise<void> {
  const key = keys.connection(id);
  const counts = [...(hasLoggedIn ? [counting(ports, id, -1)] : []), ...uncounting(subscriptions)];
  if (counts.length === 0) await ports.connections.delete(key);
  else await ports.connections.transact([{ delete: key, when: ex`attribute_exists(pk)` }, ...counts]);
}

/** Open sockets of a user, or of one credential of theirs. Eventually consistent. */
export async function connectionsOf(
  ports: Ports,
  userId: UserId,
  credential?: { readonly kind: string; readonly id: string },
): Promise<Pick<Connection, 'id' | 'dialect' | 'identity'>[]> {
  const items = await ports.connections.query({
    index: 'gsi1',
    pk: connectionIndex.ofUser(userId),
    ...(credential ? { beginsWith: connectionIndex.credential(credential.kind, credential.id) } : {}),
    only: ['pk', 'dialect', 'identity'],
  });
  return items.map((item) => ({ id: idOf(item), dialect: String(item.dialect), identity: identityIn(item) }));
}

export const idOf = (item: Item): ConnectionId => branded<ConnectionId>(connectionIdIn(String(item.pk)));

function ownerIndex(id: ConnectionId, { userId, credential }: Identity) {
  return {
    gsi1pk: connectionIndex.ofUser(userId),
    gsi1sk: `${connectionIndex.credential(credential.kind, credential.id)}${id}`,
  };
}

/** The connection in a row. */
export function connectionOf(id: ConnectionId, item: Item): Connection {
  return {
    id,
    dialect: String(item.dialect),
    path: String(item.path),
    ip: String(item.ip),
    ...(typeof item.origin === 'string' ? { origin: item.origin } : {}),
    identity: identityIn(item),
    // Written by logIn.
    ...(typeof item.login === 'string' ? { login: JSON.parse(item.login) as Login } : {}),
    ...(typeof item.name === 'string' ? { name: item.name } : {}),
    ...(typeof item.email === 'string' ? { email: item.email } : {}),
    ...(item.initialPush === false ? { initialPush: false } : {}),
    channels: channelsOf(item),
    subscriptions: textsIn(item.subscriptions),
    signIns: Number(item.signIns),
    ...(typeof item.movedBy === 'string' ? { movedBy: item.movedBy } : {}),
    connectedAt: branded<EpochMs>(Number(item.connectedAt)),
    expiresAt: branded<EpochMs>(Number(item.expiresAt)),
    quietSince: branded<EpochMs>(Number(item.gsi2sk)),
    greeted: item.greeted === true,
    ...(typeof item.limitedUntil === 'number'
      ? { limited: { until: branded<EpochMs>(item.limitedUntil), hits: Number(item.limitedHits) } }
      : {}),
    ...(typeof item.warnedAt === 'number' ? { warnedAt: branded<EpochMs>(item.warnedAt) } : {}),
    answersPings: item.answersPings === true,
    ...(typeof item.pingedAt === 'number' ? { pingedAt: branded<EpochMs>(item.pingedAt) } : {}),
    isTurnedAway: item.turnedAway === true,
  };
}

function identityIn({ identity }: Item): Identity | undefined {
  // Written by openConnection or identifyConnection from a value of this type.
  return typeof identity === 'string' ? (JSON.parse(identity) as Identity) : undefined;
}

function textsIn(set: unknown): ReadonlySet<string> {
  // Only texts are ever added to it.
  return set instanceof Set ? (set as ReadonlySet<string>) : new Set();
}

function channelsOf(item: Item): ReadonlySet<ChannelName> {
  // Only names of this form are ever added to the set.
  return item.channels instanceof Set ? (item.channels as ReadonlySet<ChannelName>) : new Set();
}
