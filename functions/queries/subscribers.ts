import type { Identity, SocketCaller } from '../core/caller.ts';
import type { Member } from '../core/channel/channel.ts';
import { findMember, findMembers, listMembers, memberWrites, replaceState } from '../core/channel/members.ts';
import { findConnection } from '../core/connection-store.ts';
import { Failure, isInTheWay } from '../core/errors.ts';
import type { ChannelName, ConnectionId } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { addSubscription, removeSubscription } from '../core/subscriptions.ts';
import { type Asked, channelOf, instanceOf } from './asked.ts';
import { notedBy, noteOf } from './noted.ts';

/**
 * The subscribers of a live query. A connection is one member of its channel, however often it has subscribed: its
 * state lists the subscriptions.
 */
export interface Subscriber {
  readonly member: Member;
  readonly identity: Identity | undefined;
  readonly subscriptions: readonly Subscription[];
  /** Since when the client has been too slow to get the newest result. */
  readonly slowSince: number | undefined;
}

/** The socket of a subscriber. */
export const socketOf = ({ member }: Pick<Subscriber, 'member'>) => ({ id: member.connectionId, dialect: member.form });

export interface Subscription {
  readonly id: string;
  /** The request that waits for its answer. */
  readonly asks?: Request;
  /** Number of the result in its answer. */
  readonly since?: number;
}

export interface Request {
  /** The correlation id of its answer. */
  readonly correlation: unknown;
  readonly requestId: string;
  /** Whether the first result is also pushed. */
  readonly pushes: boolean;
}

interface State {
  readonly subscriptions: readonly Subscription[];
  readonly slowSince?: number;
}

export async function subscribersOf(ports: Ports, instance: string): Promise<Subscriber[]> {
  return (await listMembers(ports, channelOf(instance))).map(subscriberIn);
}

/** The subscribers among these connections. */
export async function findSubscribers(
  ports: Ports,
  instance: string,
  connections: readonly ConnectionId[],
): Promise<Subscriber[]> {
  return (await findMembers(ports, channelOf(instance), connections)).map(subscriberIn);
}

export async function findSubscriber(
  ports: Ports,
  instance: string,
  connection: ConnectionId,
): Promise<Subscriber | undefined> {
  const member = await findMember(ports, channelOf(instance), connection);
  return member && subscriberIn(member);
}

/**
 * Notes a subscription, so that the next evaluation answers it.
 * @returns 'done'; 'gone' when the socket is gone; 'changed' when the client has signed in or out since the row was
 * read
 * @throws Failure `rate_limit_exceeded`
 */
export async function subscribe(
  ports: Ports,
  { connection, identity, frame }: SocketCaller,
  asked: Asked,
  subscription: Subscription,
): Promise<'done' | 'gone' | 'changed'> {
  const instance = instanceOf(asked);
  const channel = channelOf(instance);
  const noted = { ...noteOf(subscription.id, instance, asked.query), channel };
  for (let tries = 0; tries < mostTries; tries += 1) {
    if (tries > 0) await ports.clock.wait(ports.ids.integer(longestPauseMs + 1));
    const known = await findSubscriber(ports, instance, connection.id);
    const entrant = {
      connectionId: connection.id,
      at: frame.at,
      request: frame.requestId,
      expiresAt: connection.expiresAt,
      about: aboutOf(identity),
      state: textOf({ subscriptions: [subscription] }),
      form: connection.dialect,
      from: 0,
    };
    const write = known
      ? memberWrites.change(channel, known.member, textOf(withOneMore(known, subscription)))
      : memberWrites.enter(ports, channel, entrant);
    const added = await unlessInTheWay(() => addSubscription(ports, connection, noted, [write]));
    if (added !== 'stale') return added;
    const now = await findConnection(ports, connection.id);
    if (!now) return 'gone';
    if (now.signIns !== connection.signIns) return 'changed';
  }
  throw new Failure('service_unavailable', 'Too many requests of this connection at the same time. Try again shortly.');
}

/** Enough for a hundred concurrent requests of one connection. */
const mostTries = 100;
const longestPauseMs = 30;

async function unlessInTheWay<T>(write: () => Promise<T>): Promise<T | 'stale'> {
  try {
    return await write();
  } catch (thrown) {
    if (isInTheWay(thrown)) return 'stale';
    throw thrown;
  }
}

/**
 * Ends a subscription.
 * @returns false when it does not exist (any more)
 */
export async function unsubscribe(ports: Ports, id: ConnectionId, subscriptionId: string): Promise<boolean> {
  for (let tries = 0; tries < mostTries; tries += 1) {
    const connection = await findConnection(ports, id);
    const noted = connection && notedBy(connection).find((one) => one.id === subscriptionId);
    if (!connection || !noted) return false;
    const channel = channelOf(noted.instance);
    const known = await findSubscriber(ports, noted.instance, id);
    const rest = known?.subscriptions.filter((one) => one.id !== subscriptionId) ?? [];
    const write = known && endingWith(channel, known, rest);
    const left = rest.length === 0 ? channel : undefined;
    const more = write ? [write] : [];
    const removed = await unlessInTheWay(() => removeSubscription(ports, connection, noted.text, more, left));
    if (removed === true) return true;
    await ports.clock.wait(ports.ids.integer(longestPauseMs + 1));
  }
  throw new Failure('service_unavailable', 'Too many requests of this connection at the same time. Try again shortly.');
}

function endingWith(channel: ChannelName, known: Subscriber, rest: readonly Subscription[]) {
  return rest.length === 0
    ? memberWrites.leave(channel, known.member)
    : memberWrites.change(channel, known.member, textOf({ ...stateOf(known), subscriptions: rest }));
}

/** Notes that these requests were answered with that result, and whether the client takes its frames. */
export async function noteHeard(
  ports: Ports,
  instance: string,
  heard: Subscriber,
  { answered, seq, slowSince }: { answered: ReadonlySet<string>; seq: number; slowSince?: number },
): Promise<void> {
  let current: Subscriber | undefined = heard;
  while (current) {
    const subscriptions = current.subscriptions.map((one) => (answered.has(one.id) ? { id: one.id, since: seq } : one));
    const state = textOf({ subscriptions, ...(slowSince === undefined ? {} : { slowSince }) });
    if (await replaceState(ports, channelOf(instance), current.member, state)) return;
    current = await findSubscriber(ports, instance, heard.member.connectionId);
  }
}

/** The identity in a member row, which decides what it may see until the next sign-in. */
export const aboutOf = (identity: Identity | undefined): string => JSON.stringify(identity ?? null);

function subscriberIn(member: Member): Subscriber {
  // Written here, and by `aboutOf`.
  const identity = JSON.parse(member.about) as Identity | null;
  const { subscriptions, slowSince } = JSON.parse(member.state) as State;
  return { member, identity: identity ?? undefined, subscriptions, slowSince };
}

const stateOf = ({ subscriptions, slowSince }: Subscriber): State => ({
  subscriptions,
  ...(slowSince === undefined ? {} : { slowSince }),
});

const withOneMore = (known: Subscriber, subscription: Subscription): State => ({
  ...stateOf(known),
  subscriptions: [...known.subscriptions, subscription],
});

const textOf = (state: State): string => JSON.stringify(state);
