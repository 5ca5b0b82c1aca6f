import { directRecipients } from '../core/channel/channel.ts';
import { Failure, isPassingTrouble } from '../core/errors.ts';
import type { Ports } from '../core/ports.ts';
import { queryItself } from '../store/touches.ts';
import type { Evaluated, Result } from './evaluate.ts';
import { announce, drop, findLiveQuery, finish, type LiveQuery, renew } from './live-query-store.ts';
import { look } from './looking.ts';
import { type Subscriber, socketOf, subscribersOf } from './subscribers.ts';
import { type Ending, end, type News, refuse, tooManyBytesIn } from './telling.ts';
import { tellAll } from './telling-all.ts';
import { dropUnused } from './unused.ts';
import { wakeAt } from './waking.ts';

/**
 * One evaluation by the process with the lease: read the subscribers, evaluate, then post to all of them. In this order
 * an answer reflects every write that was acknowledged before its request. Evaluations run one after another, so that
 * no result is older than the previous one.
 * @returns the current item, if there is more to do
 */
export async function round(ports: Ports, live: LiveQuery, by: string): Promise<LiveQuery | undefined> {
  const all = await subscribersOf(ports, live.id);
  if (all.length === 0) return (await drop(ports, live, by)) ? undefined : stillOurs(ports, live.id, by);
  const neededUntil = Math.max(...all.map(({ member }) => member.expiresAt));
  const found = await look(ports, live, by, neededUntil);
  if (found === 'lost') return undefined;
  const ending = redefined(live, found);
  // Another process may have answered others since.
  if (ending && !(await renew(ports, live.id, by))) return undefined;
  const subscribers = ending ? await endAnswered(ports, all, ending) : all;
  let hasLost = ending !== undefined;
  if ('thrown' in found.outcome) {
    if (await tellOfFailure(ports, live, subscribers, found.outcome.thrown)) hasLost = true;
  } else {
    const { hash } = found.outcome;
    const news = newsOf(live, found.outcome, subscribers);
    const isOversized = news.tooManyBytes !== undefined;
    const { definitions } = found;
    if (
      (news.isNew || !isSame(definitions, live.definitions)) &&
      !(await announce(ports, live.id, by, { hash, seq: news.seq, isOversized, isWide: news.isWide, definitions }))
    ) {
      return undefined;
    }
    const mayGoOn = () => renew(ports, live.id, by);
    if (await tellAll(ports, live.asked, found.buckets, subscribers, news, mayGoOn)) hasLost = true;
  }
  const next = await finish(ports, live, by, await wakeAt(ports, live, found.expiresAt));
  if (!next && hasLost) await dropUnused(ports, live.id);
  return next;
}

/** Whether the subscribed query or bucket was replaced by another one of the same name. */
function redefined({ asked, definitions }: LiveQuery, found: Evaluated): Ending | undefined {
  const names = [...definitions].flatMap(([name, one]) => ((found.definitions.get(name) ?? one) === one ? [] : name));
  if (names.length === 0) return undefined;
  return names.includes(queryItself(asked.query)) ? 'query_undefined' : 'bucket_dropped';
}

/** Ends answered subscriptions. Subscribers that wait for an answer mean the current query. @returns those */
async function endAnswered(ports: Ports, subscribers: readonly Subscriber[], ending: Ending): Promise<Subscriber[]> {
  const asking: Subscriber[] = [];
  for (const subscriber of subscribers) {
    const { asks = [], answered = [] } = Object.groupBy(subscriber.subscriptions, (one) =>
      one.asks ? 'asks' : 'answered',
    );
    await end(ports, socketOf(subscriber), answered, ending);
    if (asks.length > 0) asking.push({ ...subscriber, subscriptions: asks });
  }
  return asking;
}

const isSame = (some: ReadonlyMap<string, string>, others: ReadonlyMap<string, string>): boolean =>
  some.size === others.size && [...some].every(([name, one]) => others.get(name) === one);

async function stillOurs(ports: Ports, id: string, by: string): Promise<LiveQuery | undefined> {
  const now = await findLiveQuery(ports, id);
  return now?.lease === by ? now : undefined;
}

function newsOf(live: LiveQuery, { text, hash }: Result, subscribers: readonly Subscriber[]): News {
  const seq = live.hash === hash ? live.seq : live.seq + 1;
  const sample = subscribers[0]?.subscriptions[0]?.id ?? '';
  return {
    instance: live.id,
    text,
    seq,
    // A result of a process that died may not have reached all subscribers.
    isNew: live.hash !== hash || live.isUnposted,
    isWide: live.isWide || subscribers.length > directRecipients,
    tooManyBytes: tooManyBytesIn(text, seq, sample),
    wasTooLarge: live.isOversized,
  };
}

/** Refuses new requests. Earlier subscribers have missed nothing, unless the query can no longer be evaluated. */
async function tellOfFailure(
  ports: Ports,
  { asked }: LiveQuery,
  subscribers: readonly Subscriber[],
  thrown: unknown,
): Promise<boolean> {
  if (isPassingTrouble(thrown)) throw thrown;
  const ending = endingBy(thrown);
  if (!ending) ports.log.error('a live query failed', thrown, { query: asked.query });
  let hasLost = false;
  for (const subscriber of subscribers) {
    for (const subscription of subscriber.subscriptions) {
      if (subscription.asks) await refuse(ports, subscriber, subscription, subscription.asks, thrown);
      else if (ending) await end(ports, socketOf(subscriber), [subscription], ending);
      hasLost ||= subscription.asks !== undefined || ending !== undefined;
    }
  }
  return hasLost;
}

function endingBy(thrown: unknown): Ending | undefined {
  if (!(thrown instanceof Failure)) return undefined;
  if (thrown.code === 'query_not_defined') return 'query_undefined';
  return thrown.code === 'bucket_not_defined' ? 'bucket_dropped' : undefined;
}
