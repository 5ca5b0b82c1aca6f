import { branded } from '../branded.ts';
import { ex } from '../expression.ts';
import { keys, membersOf } from '../keys.ts';
import type { ChannelName, ConnectionId, EpochMs } from '../names.ts';
import type { Ports } from '../ports.ts';
import type { Item, Key, Table, TransactWrite } from '../table.ts';
import type { ChannelSpec, Head, Member } from './channel.ts';

/**
 * The rows of a channel's members. A row is written on condition that its connection is still open. The connection's
 * row lists the channel, so that removing a connection finds all its member rows.
 */

/** After this time another process takes over a removal whose process has died. */
const removalTakenOverAfterMs = 10_000;

export interface Entrant {
  readonly connectionId: ConnectionId;
  /** When the gateway received the request: the later of two membership changes wins. */
  readonly at: EpochMs;
  readonly request: string;
  /** The request's place in the lane, if it came through the lane. */
  readonly place?: string | undefined;
  readonly expiresAt: EpochMs;
  readonly about: string;
  readonly state: string;
  readonly form: string;
  /** Its place in the log, if that is known from the start; 0: writers deliver every entry to it at once. */
  readonly from?: number;
}

/** @returns false when the connection is gone, or has left later than this */
export async function enter(ports: Ports, channel: ChannelName, entrant: Entrant): Promise<boolean> {
  const stillOpen = ex`attribute_exists(pk) AND attribute_not_exists(closing)`;
  const nothingNewer = ex`attribute_not_exists(pk) OR joinedAt <= ${entrant.at} OR leftAt < ${entrant.at}`;
  const entered = await ports.connections.transact([
    {
      update: keys.connection(entrant.connectionId),
      change:
        entrant.place === undefined
          ? ex`ADD channels ${new Set([channel])}`
          : ex`SET movedBy = ${entrant.place} ADD channels ${new Set([channel])}`,
      when: stillOpen,
    },
    {
      put: memberItem(ports, channel, entrant),
      when: nothingNewer,
    },
  ]);
  return entered.ok;
}

function memberItem({ clock }: Ports, channel: ChannelName, entrant: Entrant): Key & Item {
  return {
    ...keys.member(channel, entrant.connectionId),
    about: entrant.about,
    state: entrant.state,
    version: 1,
    joinedAt: entrant.at,
    enteredAt: clock.now(),
    changedAt: 0,
    changedBy: entrant.place,
    request: entrant.request,
    form: entrant.form,
    entriesFrom: entrant.from,
    expiresAt: entrant.expiresAt,
    ttl: Math.ceil(entrant.expiresAt / 1000),
  };
}

/**
 * Writes for transactions that create a member, change one that is still as it was read, or delete it. The connection's
 * row must list the channel before a member is created, and no longer after it is deleted.
 */
export const memberWrites = {
  enter: (ports: Ports, channel: ChannelName, entrant: Entrant): TransactWrite => ({
    put: memberItem(ports, channel, entrant),
    when: ex`attribute_not_exists(pk)`,
  }),
  change: (channel: ChannelName, { connectionId, version }: Member, state: string): TransactWrite => ({
    update: keys.member(channel, connectionId),
    change: ex`SET state = ${state} ADD version ${1}`,
    when: isAsRead(version),
  }),
  leave: (channel: ChannelName, { connectionId, version }: Member): TransactWrite => ({
    delete: keys.member(channel, connectionId),
    when: isAsRead(version),
  }),
};

const isAsRead = (version: number) => ex`version = ${version} AND attribute_not_exists(leavingBy)`;

/** @returns false when the member has changed since it was read */
export async function replaceState(
  ports: Ports,
  channel: ChannelName,
  { connectionId, version }: Member,
  state: string,
): Promise<boolean> {
  const change = ex`SET state = ${state} ADD version ${1}`;
  return (await ports.connections.update(keys.member(channel, connectionId), change, { when: isAsRead(version) })).ok;
}

/**
 * Notes the member's place in the log: writers deliver entries above `from` to it. @returns false when the member is
 * gone
 */
export async function settleAt(ports: Ports, channel: ChannelName, entrant: Entrant, from: number): Promise<boolean> {
  const stillThisJoin = ex`request = ${entrant.request} AND attribute_not_exists(leavingBy)`;
  const key = keys.member(channel, entrant.connectionId);
  return (await ports.connections.update(key, ex`SET entriesFrom = ${from}`, { when: stillThisJoin })).ok;
}

/**
 * @param place the change's place in the lane: a repeated delivery after a later change has no effect
 * @returns the member with its new state; undefined when it is not (or no longer) in the channel, or has a later one
 */
export async function changeState(
  ports: Ports,
  channel: ChannelName,
  connection: ConnectionId,
  state: string,
  place: string | undefined,
): Promise<Member | undefined> {
  const now = ports.clock.now();
  const written = await ports.connections.update(
    keys.member(channel, connection),
    place === undefined
      ? ex`SET state = ${state}, changedAt = ${now} ADD version ${1}`
      : ex`SET state = ${state}, changedAt = ${now}, changedBy = ${place} ADD version ${1}`,
    {
      when:
        place === undefined
          ? ex`attribute_exists(pk) AND attribute_not_exists(leavingBy)`
          : ex`attribute_exists(pk) AND attribute_not_exists(leavingBy) AND (attribute_not_exists(changedBy) OR changedBy <= ${place})`,
    },
  );
  return written.ok && written.item ? memberOf(written.item) : undefined;
}

/**
 * Changes a member's state depending on its current one, safely under concurrent calls.
 * @param change @returns undefined if nothing is to change
 * @returns the member with its new state; undefined when it is not in the channel, or nothing has changed
 */
export async function reviseState(
  ports: Ports,
  channel: ChannelName,
  connection: ConnectionId,
  change: (before: Member) => Promise<string | undefined>,
): Promise<Member | undefined> {
  for (;;) {
    const before = await findMember(ports, channel, connection);
    if (!before) return undefined;
    const state = await change(before);
    if (state === undefined) return undefined;
    const stillThat = ex`version = ${before.version} AND joinedAt = ${before.joinedAt} AND attribute_not_exists(leavingBy)`;
    const written = await ports.connections.update(
      keys.member(channel, connection),
      ex`SET state = ${state}, changedAt = ${ports.clock.now()} ADD version ${1}`,
      { when: stillThat },
    );
    if (written.ok && written.item) return memberOf(written.item);
  }
}

/** Replaces what other members see of a member's user. Cached lists of members become stale. */
export async function introduce(ports: Ports, channel: ChannelName, connection: ConnectionId, about: string) {
  const stillIn = ex`attribute_exists(joinedAt) AND attribute_not_exists(leavingBy)`;
  await ports.connections.update(keys.member(channel, connection), ex`SET about = ${about}`, { when: stillIn });
}

/** Changes the form in which a member receives live entries. Cached lists of members become stale. */
export async function changeForm(ports: Ports, channel: ChannelName, connection: ConnectionId, form: string) {
  const stillIn = ex`attribute_exists(joinedAt) AND attribute_not_exists(leavingBy)`;
  await ports.connections.update(keys.member(channel, connection), ex`SET form = ${form}`, { when: stillIn });
}

/** Marks a new member of a big channel as changed, so that the next flush announces it. */
export async function markNew(ports: Ports, channel: ChannelName, connection: ConnectionId): Promise<void> {
  await ports.connections.update(keys.member(channel, connection), ex`SET changedAt = ${ports.clock.now()}`, {
    when: ex`attribute_exists(pk) AND attribute_not_exists(leavingBy)`,
  });
}

/** The attributes that {@link memberOf} needs, because every join reads all members, possibly a thousand. */
const memberAttributes = [
  'sk',
  'about',
  'state',
  'version',
  'joinedAt',
  'enteredAt',
  'changedAt',
  'expiresAt',
  'entriesFrom',
  'form',
  'leavingBy',
];

/** Everyone, with states. */
export async function listMembers(ports: Ports, channel: ChannelName): Promise<Member[]> {
  return present(ports, await ports.connections.query({ pk: membersOf(channel), only: memberAttributes }));
}

/** Those of these connections that are members now. */
export async function findMembers(
  ports: Ports,
  channel: ChannelName,
  connections: readonly ConnectionId[],
): Promise<Member[]> {
  return present(ports, await ports.connections.batchGet(connections.map((one) => keys.member(channel, one))));
}

export async function findMember(
  ports: Ports,
  channel: ChannelName,
  connection: ConnectionId,
): Promise<Member | undefined> {
  const item = await ports.connections.get(keys.member(channel, connection));
  return present(ports, item ? [item] : [])[0];
}

/** What delivery needs to know of a member. */
export type Listener = Pick<
  Member,
  'connectionId' | 'about' | 'enteredAt' | 'expiresAt' | 'from' | 'form' | 'interests'
>;

/**
 * All members, without states, for delivery. A list is cached as long as the channel's membership version stays the
 * same, which makes a busy room cheap. A list in which a member is still joining is not cached.
 */
export async function listListeners(
  ports: Ports,
  channel: ChannelName,
  { epoch, version: count }: Pick<Head, 'epoch' | 'version'>,
): Promise<readonly Listener[]> {
  const version = `${epoch}:${count}`;
  const kept = keptOf(ports.connections);
  const known = kept.get(channel);
  if (known?.version === version) return known.listeners.filter((one) => one.expiresAt > ports.clock.now());
  const items = await ports.connections.query({
    pk: membersOf(channel),
    only: ['sk', 'about', 'enteredAt', 'expiresAt', 'entriesFrom', 'form', 'interests', 'leavingBy'],
  });
  const listeners = present(ports, items);
  kept.delete(channel);
  if (listeners.every((one) => one.from !== undefined)) {
    kept.set(channel, { version, listeners });
    const oldest = kept.keys().next();
    if (kept.size > 500 && !oldest.done) kept.delete(oldest.value);
  }
  return listeners;
}

/**
 * The members that are told of changes. A member that is still joining is left out, because its snapshot would erase
 * earlier changes. It reads members again after its snapshot, and gets the changes from there.
 */
export function told(
  spec: ChannelSpec,
  members: readonly Pick<Member, 'connectionId' | 'from' | 'form'>[],
): ConnectionId[] {
  const listening = members.filter((one) => one.from !== undefined && (spec.hearsOfOthers?.(one.form) ?? true));
  return listening.map((one) => one.connectionId);
}

/** Cached lists by channel, one map per table. A list is only valid with a membership version that was just read. */
type KeptLists = Map<ChannelName, { version: string; listeners: readonly Listener[] }>;
const keptLists = new WeakMap<Table, KeptLists>();

function keptOf(table: Table) {
  const kept: KeptLists = keptLists.get(table) ?? new Map();
  keptLists.set(table, kept);
  return kept;
}

/**
 * Begins the removal of a member; of several concurrent calls one wins and announces it. The row is deleted only
 * afterwards ({@link finishRemoval}). If the process dies in between, the request's next delivery continues, or any
 * process that finds the row later.
 */
export async function beginRemoval(
  ports: Ports,
  channel: ChannelName,
  connection: ConnectionId,
  { at, by }: { at: EpochMs; by: string },
): Promise<Member | 'absent' | 'lost'> {
  const now = ports.clock.now();
  const mineToRemove = ex`joinedAt <= ${at} AND (attribute_not_exists(leavingBy) OR leavingBy = ${by} OR leavingAt < ${now - removalTakenOverAfterMs})`;
  const begun = await ports.connections.update(
    keys.member(channel, connection),
    ex`SET leavingBy = ${by}, leavingAt = ${now}`,
    { when: mineToRemove },
  );
  if (begun.ok && begun.item) return memberOf(begun.item);
  return begun.ok || !begun.current || isNote(begun.current) ? 'absent' : 'lost';
}

export async function finishRemoval(
  ports: Ports,
  channel: ChannelName,
  connection: ConnectionId,
  by: string,
): Promise<void> {
  await ports.connections.delete(keys.member(channel, connection), ex`leavingBy = ${by}`);
}

/** Longer than it takes to process all frames that were sent before. */
const noteLivesMs = 10 * 60_000;

/**
 * If a connection's frames may overtake each other, leaving puts a note in the place of the member's row. A join that
 * was sent before, but is processed later, finds the note and has no effect.
 * @param by the removal that this finishes; undefined if there was nothing to remove
 * @returns false when the connection has joined meanwhile
 */
export async function noteLeft(
  ports: Ports,
  channel: ChannelName,
  connection: ConnectionId,
  { at, by }: { readonly at: EpochMs; readonly by: string | undefined },
): Promise<boolean> {
  const ttl = Math.ceil((ports.clock.now() + noteLivesMs) / 1000);
  const change = ex`SET leftAt = ${at}, expiresAt = ${0}, ttl = ${ttl} REMOVE joinedAt, leavingBy, leavingAt, about, state, request`;
  const nobodyElse =
    by === undefined
      ? ex`attribute_not_exists(joinedAt) AND (attribute_not_exists(leftAt) OR leftAt < ${at})`
      : ex`leavingBy = ${by}`;
  const written = await ports.connections.update(keys.member(channel, connection), change, { when: nobodyElse });
  return written.ok || by !== undefined || (written.current !== undefined && isNote(written.current));
}

const isNote = (item: Item): boolean => item.joinedAt === undefined;

/**
 * Takes the channel off the connection's list unless it has joined again meanwhile. For frames that may overtake each
 * other.
 */
export async function unlistIfLeft(ports: Ports, channel: ChannelName, connection: ConnectionId): Promise<void> {
  await ports.connections.transact([
    {
      update: keys.connection(connection),
      change: ex`DELETE channels ${new Set([channel])}`,
      when: ex`attribute_exists(pk)`,
    },
    { check: keys.member(channel, connection), when: ex`attribute_not_exists(joinedAt)` },
  ]);
}

/** Takes the channel off the connection's list. */
export async function unlist(
  ports: Ports,
  channel: ChannelName,
  connection: ConnectionId,
  place: string | undefined,
): Promise<void> {
  await ports.connections.update(
    keys.connection(connection),
    place === undefined
      ? ex`DELETE channels ${new Set([channel])}`
      : ex`SET movedBy = ${place} DELETE channels ${new Set([channel])}`,
    { when: ex`attribute_exists(pk)` },
  );
}

function present(ports: Ports, items: readonly Item[]): Member[] {
  const now = ports.clock.now();
  return items.filter((item) => item.leavingBy === undefined && Number(item.expiresAt) > now).map(memberOf);
}

function memberOf(item: Item): Member {
  return {
    connectionId: branded<ConnectionId>(String(item.sk)),
    about: String(item.about),
    state: String(item.state),
    version: Number(item.version),
    joinedAt: branded<EpochMs>(Number(item.joinedAt)),
    enteredAt: branded<EpochMs>(Number(item.enteredAt)),
    changedAt: branded<EpochMs>(Number(item.changedAt)),
    expiresAt: branded<EpochMs>(Number(item.expiresAt)),
    from: typeof item.entriesFrom === 'number' ? item.entriesFrom : undefined,
    form: String(item.form),
    // Only texts are ever added to it.
    interests: item.interests instanceof Set ? (item.interests as ReadonlySet<string>) : new Set(),
  };
}
