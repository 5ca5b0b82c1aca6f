import type { Connection } from './connection.ts';
import { shardOf } from './connection-count.ts';
import { Failure } from './errors.ts';
import { ex } from './expression.ts';
import { keys } from './keys.ts';
import type { ChannelName } from './names.ts';
import type { Ports } from './ports.ts';
import type { Table, TransactWrite } from './table.ts';

/**
 * Subscriptions of connections, of all kinds: a set in each connection's row, and a total count. The transactions that
 * begin and end subscriptions also change the count, so that limits are exact under concurrent requests.
 */
export interface Subscription {
  readonly kind: 'query' | 'event';
  /** Unique among all open subscriptions, and without a colon. */
  readonly id: string;
  /** The capability's own reference to the subscribed thing; any text. */
  readonly to: string;
  /** The channel that the subscription joins, if any. The same transaction lists it in the connection's row. */
  readonly channel?: ChannelName;
}

/** A write of the subscription's own items, in the connections table unless `in` names another. */
type Write = TransactWrite & { readonly in?: Table };

const defaultPerConnection = 100;
const defaultTotal = 10_000;
/** The total is counted in shards, so that no single counter becomes a bottleneck. */
const shards = 8;

/** A new subscription id. */
export function newSubscriptionId({ ids }: Pick<Ports, 'ids'>): string {
  return Buffer.from(ids.bytes(12)).toString('base64url');
}

/**
 * Begins a subscription, and writes its own items in the same transaction.
 * @returns 'done'; 'gone' when the socket is gone; 'stale' when the client has signed in or out since the row was read,
 * or a condition among `more` failed, so that the caller must decide again
 * @throws Failure `rate_limit_exceeded`
 */
export async function addSubscription(
  ports: Ports,
  connection: Connection,
  subscription: Subscription,
  more: readonly Write[],
): Promise<'done' | 'gone' | 'stale'> {
  const { maxSubscriptionsPerConnection: perConnection = defaultPerConnection, maxTotalSubscriptions = defaultTotal } =
    ports.app.connectionLimits ?? {};
  const { id, signIns } = connection;
  const { channel } = subscription;
  if (perConnection === 0) throw tooMany(`max ${perConnection} per connection`);
  const first = shardOf(id, shards);
  for (let tried = 0; tried < shards; tried += 1) {
    const shard = (first + tried) % shards;
    const share = Math.floor(maxTotalSubscriptions / shards) + (shard < maxTotalSubscriptions % shards ? 1 : 0);
    if (share === 0) continue;
    const noted = new Set([textOf(subscription, shard)]);
    const done = await ports.connections.transact([
      {
        update: keys.connection(id),
        change:
          channel === undefined
            ? ex`ADD subscriptions ${noted}`
            : ex`ADD subscriptions ${noted}, channels ${new Set([channel])}`,
        when: ex`signIns = ${signIns} AND attribute_not_exists(closing) AND (attribute_not_exists(subscriptions) OR size(subscriptions) < ${perConnection})`,
      },
      {
        update: keys.subscriptions(shard),
        change: ex`ADD live ${1}`,
        when: ex`attribute_not_exists(live) OR live < ${share}`,
      },
      ...more,
    ]);
    if (done.ok) return 'done';
    const row = done.current[0];
    if (done.lost[0]) {
      if (!row || row.closing !== undefined) return 'gone';
      if (row.subscriptions instanceof Set && row.subscriptions.size >= perConnection) {
        throw tooMany(`max ${perConnection} per connection`);
      }
      return 'stale';
    }
    if (!done.lost[1]) return 'stale';
  }
  throw tooMany(`max ${maxTotalSubscriptions} in all`);
}

/**
 * Ends a subscription of a connection, and deletes its own items in the same transaction.
 * @param left the channel that the connection leaves with it
 * @returns false when it has ended already, or the socket is gone
 */
export async function removeSubscription(
  ports: Ports,
  { id: connectionId }: Pick<Connection, 'id'>,
  text: string,
  more: readonly Write[],
  left?: ChannelName,
): Promise<boolean> {
  const gone = new Set([text]);
  const done = await ports.connections.transact([
    {
      update: keys.connection(connectionId),
      change:
        left === undefined
          ? ex`DELETE subscriptions ${gone}`
          : ex`DELETE subscriptions ${gone}, channels ${new Set([left])}`,
      when: ex`contains(subscriptions, ${text}) AND attribute_not_exists(closing)`,
    },
    { update: keys.subscriptions(shardIn(text)), change: ex`ADD live ${-1}` },
    ...more,
  ]);
  return done.ok;
}

/** Belongs into the transaction that deletes a connection's row: subtracts its subscriptions from the count. */
export function uncounting(texts: Iterable<string>): TransactWrite[] {
  const counts = new Map<number, number>();
  for (const text of texts) counts.set(shardIn(text), (counts.get(shardIn(text)) ?? 0) + 1);
  return [...counts].map(([shard, count]) => ({
    update: keys.subscriptions(shard),
    change: ex`ADD live ${-count}`,
  }));
}

/** A connection's subscriptions of one kind, each with its text in the row. */
export function subscriptionsOf(
  { subscriptions }: Pick<Connection, 'subscriptions'>,
  kind: Subscription['kind'],
): (Omit<Subscription, 'channel'> & { readonly text: string })[] {
  return [...subscriptions].flatMap((text) => {
    const [of, id = '', shard = '', ...to] = text.split(':');
    return of === kind && shard !== '' ? [{ kind, id, to: to.join(':'), text }] : [];
  });
}

const textOf = ({ kind, id, to }: Subscription, shard: number): string => `${kind}:${id}:${shard}:${to}`;

const shardIn = (text: string): number => Number(text.split(':', 3)[2]);

function tooMany(limit: string): Failure {
  return new Failure('rate_limit_exceeded', `Subscription limit reached (${limit})`);
}
