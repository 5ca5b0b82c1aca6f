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
 * Rows of open sockets: the only file that reads and writes them, but for the list of channels, which `channel` keeps, for
 * counting them, and for `heartbeat`, which keeps since when they have been quiet.
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

/** @returns undefined when the socket is gone: whatever is processed for it must leave nothing behind */
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

/**
 * What a socket says of itself; a later login replaces an earlier one, whichever is done first, and takes the identity of
 * the one before along. The first is counted.
 * @param at when the gateway took the frame in
 * @returns false when the socket is gone, or has logged in anew since
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
 * Somebody signs in over a socket that may have been signed in before: the newest identity counts. Undefined signs out.
 * @returns the connection from then on; undefined when the socket is gone
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

/** @returns whether the greeting is ours to post, somebody else's, or nobody's because the socket is gone */
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

/** Nobody has to wait for the greeting any more. */
export async function noteGreeted(ports: Ports, id: ConnectionId): Promise<void> {
  await ports.connections.update(keys.connection(id), ex`SET greeted = ${true}`, { when: ex`attribute_exists(pk)` });
}

/** Its address has too many sockets already: it is told so, instead of being greeted. */
export async function turnAway(ports: Ports, id: ConnectionId): Promise<void> {
  await ports.connections.update(keys.connection(id), ex`SET turnedAway = ${true}`, { when: isOpen });
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

/** Its frames are refused until a time, since there were so many. */
export async function limitConnection(ports: Ports, id: ConnectionId, { until, hits }: Limited): Promise<void> {
  await ports.connections.update(keys.connection(id), ex`SET limitedUntil = ${until}, limitedHits = ${hits}`, {
    when: ex`attribute_exists(pk)`,
  });
}

/** A client that sends too much is told so this often at most. */
const warnEveryMs = 1_000;

/** @returns whether it is time to tell a client that it sends too much; of several who ask at once, one is told yes */
export async function mayWarn(ports: Ports, { id, warnedAt }: Connection): Promise<boolean> {
  const now = ports.clock.now();
  const before = now - warnEveryMs;
  if (warnedAt !== undefined && warnedAt > before) return false;
  const notJustNow = ex`attribute_exists(pk) AND (attribute_not_exists(warnedAt) OR warnedAt <= ${before})`;
  return (await ports.connections.update(keys.connection(id), ex`SET warnedAt = ${now}`, { when: notJustNow })).ok;
}

/**
 * Closes the row to whatever is still being processed for the socket.
 * @returns what it has to be taken out of; undefined when the row is gone
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

/** What a socket that is being closed leaves behind. */
export interface Closing {
  readonly channels: ReadonlySet<ChannelName>;
  readonly hasLoggedIn: boolean;
  readonly subscriptions: ReadonlySet<string>;
  readonly ip: string;
}

/** Whoever is last to come across the row takes it out of the count, and nobody does so twice. */
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

/** Sockets of a user, or those that one credential of theirs opened. Eventually consistent. */
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

/** What a row says. */
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
