import { directRecipients } from '../core/channel/channel.ts';
import { Failure, isPassingTrouble } from '../core/errors.ts';
import type { Ports } from '../core/ports.ts';
import type { Result } from './evaluate.ts';
import { announce, drop, findLiveQuery, finish, type LiveQuery, renew } from './live-query-store.ts';
import { look } from './looking.ts';
import { type Subscriber, subscribersOf } from './subscribers.ts';
import { type Ending, end, type News, refuse, tooManyBytesIn } from './telling.ts';
import { tellAll } from './telling-all.ts';
import { dropUnused } from './unused.ts';
import { wakeAt } from './waking.ts';

/**
 * One look at a query, by whoever has its lease: who is subscribed, then what it comes to now, then all of them are told.
 * In this order, so that an answer reflects every write that was acknowledged before its request was sent; and one look
 * after the other, so that no result is older than the one before.
 * @returns as it is now, where there is more to do
 */
export async function round(ports: Ports, live: LiveQuery, by: string): Promise<LiveQuery | undefined> {
  const subscribers = await subscribersOf(ports, live.id);
  if (subscribers.length === 0) return (await drop(ports, live, by)) ? undefined : stillOurs(ports, live.id, by);
  const neededUntil = Math.max(...subscribers.map(({ member }) => member.expiresAt));
  const found = await look(ports, live, by, neededUntil);
  if (found === 'lost') return undefined;
  let hasLost = false;
  if ('thrown' in found.outcome) {
    hasLost = await tellOfFailure(ports, live, subscribers, found.outcome.thrown);
  } else {
    const { hash } = found.outcome;
    const news = newsOf(live, found.outcome, subscribers);
    const isOversized = news.tooManyBytes !== undefined;
    if (
      news.isNew &&
      !(await announce(ports, live.id, by, { hash, seq: news.seq, isOversized, isWide: news.isWide }))
    ) {
      return undefined;
    }
    const mayGoOn = () => renew(ports, live.id, by);
    hasLost = await tellAll(ports, live.asked, found.buckets, subscribers, news, mayGoOn);
  }
  const next = await finish(ports, live, by, await wakeAt(ports, live, found.expiresAt));
  if (!next && hasLost) await dropUnused(ports, live.id);
  return next;
}

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
    // What was announced by somebody who died may not have come to all.
    isNew: live.hash !== hash || live.isUnposted,
    isWide: live.isWide || subscribers.length > directRecipients,
    tooManyBytes: tooManyBytesIn(text, seq, sample),
    wasTooLarge: live.isOversized,
  };
}

/** Who has just asked is refused; the others have missed nothing, unless there is nothing to evaluate any more. */
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
    const { subscriptions, member } = subscriber;
    for (const subscription of subscriptions) {
      if (subscription.asks) await refuse(ports, subscriber, subscription, subscription.asks, thrown);
      else if (ending) await end(ports, member.connectionId, [subscription], ending);
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
