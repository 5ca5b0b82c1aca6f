import { together } from '../core/concurrently.ts';
import { shardOf } from '../core/connection-count.ts';
import { Failure } from '../core/errors.ts';
import type { ConnectionId } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { maxFrameBytes } from '../wire/noex-frames.ts';
import { type Asked, channelOf } from './asked.ts';
import { mayHear, mayStillHear } from './permitted.ts';
import { findSubscribers, type Subscriber, type Subscription, socketOf } from './subscribers.ts';
import { end, type News, refuse, tell } from './telling.ts';

/** Job of the fan-out function: post a result to one shard of subscribers. */
export interface PushBody {
  readonly news: News;
  readonly to: readonly ConnectionId[];
}

const atOnce = 100;
/** A connection is always in the same shard, so that it receives frames in order. */
const shards = 16;

/**
 * Posts to all subscribers what concerns them, if they may (still) see it.
 * @param mayGoOn is called from time to time, because another process may have posted newer results since
 * @returns whether any subscription has ended
 */
export async function tellAll(
  ports: Ports,
  asked: Asked,
  buckets: ReadonlySet<string>,
  subscribers: readonly Subscriber[],
  news: News,
  mayGoOn: () => Promise<boolean>,
): Promise<boolean> {
  const later: ConnectionId[] = [];
  let hasLost = false;

  async function serve(subscriber: Subscriber): Promise<void> {
    const { member, subscriptions, slowSince } = subscriber;
    const asking = subscriptions.filter(({ asks }) => asks !== undefined);
    const refusal = asking.length > 0 ? refusalOf(ports, asked, buckets, subscriber, news) : undefined;
    if (refusal) for (const one of asking) if (one.asks) await refuse(ports, subscriber, one, one.asks, refusal);
    const waiting = news.isNew || slowSince !== undefined ? subscriptions.filter(({ asks }) => !asks) : [];
    const mayNot = waiting.length > 0 && !(await mayStillHear(ports, asked, buckets, subscriber));
    if (mayNot) await end(ports, socketOf(subscriber), waiting, 'session_expired');
    hasLost ||= refusal !== undefined || mayNot;
    const isLater = news.isWide && slowSince === undefined;
    if (isLater && waiting.length > 0 && !mayNot) later.push(member.connectionId);
    const these = [...(refusal ? [] : asking), ...(mayNot || isLater ? [] : waiting)];
    if (these.length > 0) await tell(ports, subscriber, news, these);
  }

  for (let start = 0; start < subscribers.length; start += atOnce) {
    if (start > 0 && !(await mayGoOn())) return hasLost;
    await together(subscribers.slice(start, start + atOnce).map(serve));
  }
  if (later.length > 0) await pushLater(ports, news, later);
  return hasLost;
}

function refusalOf(
  ports: Ports,
  asked: Asked,
  buckets: ReadonlySet<string>,
  { identity }: Subscriber,
  { tooManyBytes: bytes }: News,
): Failure | undefined {
  if (!mayHear(ports, asked, buckets, identity)) {
    return new Failure('not_authorized', `The permissions of this session do not allow to read all of ${asked.query}.`);
  }
  if (bytes === undefined) return undefined;
  const limit = maxFrameBytes;
  return new Failure('too_large', `The result has ${bytes} bytes, and a message may have ${limit}.`, { bytes, limit });
}

async function pushLater({ fanOut, ids }: Ports, news: News, to: readonly ConnectionId[]): Promise<void> {
  const parts = Map.groupBy(to, (connection) => shardOf(connection, shards));
  const attempt = ids.uuid();
  // Subscribers then only hear that it is too large.
  const isTooLarge = news.tooManyBytes !== undefined;
  await fanOut.send(
    [...parts].map(([shard, part]) => ({
      kind: 'query-push',
      group: `post:${shard}:${channelOf(news.instance)}`,
      id: `${attempt}:${shard}`,
      body: { news: isTooLarge ? { ...news, text: '' } : news, to: part } satisfies PushBody,
    })),
  );
}

/** Posts a result. Subscribers that joined or caught up since already have a newer one. */
export async function push(ports: Ports, { news, to }: PushBody): Promise<void> {
  const isBehind = ({ asks, since = 0 }: Subscription) => !asks && since < news.seq;
  const subscribers = await findSubscribers(ports, news.instance, to);
  const behind = subscribers.filter(({ slowSince }) => slowSince === undefined);
  for (let start = 0; start < behind.length; start += atOnce) {
    await together(
      behind.slice(start, start + atOnce).map((one) => tell(ports, one, news, one.subscriptions.filter(isBehind))),
    );
  }
}
