import type { SocketCaller } from '../core/caller.ts';
import { interestWrites, introduceAnew } from '../core/channel/interests.ts';
import { dropUnusedHead } from '../core/channel/listening.ts';
import { countMembership } from '../core/channel/log.ts';
import { listListeners } from '../core/channel/members.ts';
import { channelsOf } from '../core/channel-names.ts';
import type { Connection } from '../core/connection.ts';
import { findConnection } from '../core/connection-store.ts';
import { Failure, isInTheWay } from '../core/errors.ts';
import type { ChannelName } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { addSubscription, newSubscriptionId, removeSubscription, subscriptionsOf } from '../core/subscriptions.ts';
import { refuseUnpermitted } from '../socket-auth/permissions.ts';
import { sessionOf } from '../socket-auth/session.ts';
import { channelOf, interestText, topicsChannel } from './topics.ts';

/** Tries, because requests of the same connection may subscribe concurrently. */
const mostTries = 60;
const longestPauseMs = 20;

/**
 * Subscribes a connection to all events that match.
 * @returns the subscription's id
 * @throws Failure `rate_limit_exceeded`, or `not_authorized` when another user has signed in on the connection
 * meanwhile
 */
export async function subscribe(ports: Ports, { connection, frame }: SocketCaller, pattern: string): Promise<string> {
  const id = newSubscriptionId(ports);
  const channel = channelOf(pattern);
  const text = interestText(id, pattern);
  let current: Connection | undefined = connection;
  for (let tries = 0; current && tries < mostTries; tries += 1) {
    const asked: Connection = current;
    const { expiresAt } = asked;
    const about = aboutOf(asked);
    const entrant = { connectionId: asked.id, at: frame.at, request: frame.requestId, expiresAt, about, form: '' };
    const noted = { kind: 'event', id, to: pattern, channel } as const;
    const interest = interestWrites.add(ports, channel, entrant, text);
    const added = await unlessInTheWay('stale', () => addSubscription(ports, asked, noted, [interest]));
    if (added === 'done') {
      await countMembership(ports, channel);
      return id;
    }
    await ports.clock.wait(ports.ids.integer(longestPauseMs + 1));
    current = await findConnection(ports, asked.id);
    if (current)
      refuseUnpermitted(ports, sessionOf(ports, current.identity) && current.identity, 'rules.subscribe', pattern);
  }
  if (!current) return id; // the connection is gone
  throw new Failure('service_unavailable', 'The connection changes too fast. Try again shortly.');
}

/** Ends a subscription. @throws Failure `not_found` for one that has ended, or belongs to another connection */
export async function unsubscribe(ports: Ports, connection: Connection, subscriptionId: string): Promise<void> {
  const found = subscriptionsOf(connection, 'event').find(({ id }) => id === subscriptionId);
  if (!found || !(await end(ports, connection, found))) {
    throw new Failure('not_found', 'There is no such subscription of rules on this connection.');
  }
}

/** Ends all subscriptions of a connection after a sign-out. @returns the ids */
export async function unsubscribeAll(ports: Ports, connection: Connection): Promise<readonly string[]> {
  const all = subscriptionsOf(connection, 'event');
  for (const subscription of all) await end(ports, connection, subscription);
  return all.map(({ id }) => id);
}

/** After a new sign-in, the connection's subscriptions use the new user's permissions. */
export async function signedInAnew(ports: Ports, connection: Connection): Promise<void> {
  for (const channel of channelsOf(topicsChannel.kind, connection.channels)) {
    await introduceAnew(ports, channel, connection.id, aboutOf(connection));
  }
}

type Ended = ReturnType<typeof subscriptionsOf>[number];

/** @returns false when it has ended already */
async function end(ports: Ports, connection: Connection, { id, to: pattern, text }: Ended): Promise<boolean> {
  const channel = channelOf(pattern);
  const interest = interestText(id, pattern);
  // While it exists, one of two conditions holds; which one depends on other subscriptions of the connection.
  for (let tries = 0; tries < mostTries; tries += 1) {
    const drop = interestWrites.drop(channel, connection.id, interest);
    const leave = interestWrites.leave(channel, connection.id, interest);
    const isEnded = await unlessInTheWay(
      false,
      async () =>
        (await removeSubscription(ports, connection, text, [drop])) ||
        (await removeSubscription(ports, connection, text, [leave], channel)),
    );
    if (isEnded) {
      await tidy(ports, channel);
      return true;
    }
    const current = await findConnection(ports, connection.id);
    if (!current?.subscriptions.has(text)) return false;
    await ports.clock.wait(ports.ids.integer(longestPauseMs + 1));
  }
  throw new Failure('service_unavailable', 'The connection changes too fast. Try again shortly.');
}

async function tidy(ports: Ports, channel: ChannelName): Promise<void> {
  const head = await countMembership(ports, channel);
  const remaining = (await listListeners(ports, channel, head)).length;
  await dropUnusedHead(ports, channel, { members: [], remaining, head, by: '' });
}

/** Handles conflicts with concurrent writes, which are temporary. */
async function unlessInTheWay<T>(otherwise: T, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (thrown) {
    if (isInTheWay(thrown)) return otherwise;
    throw thrown;
  }
}

const aboutOf = ({ identity }: Connection): string => JSON.stringify(identity ?? null);
