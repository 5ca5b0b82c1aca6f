import { type OwedTo, postOwed } from '../connections/owed.ts';
import { removeGone } from '../core/channel/delivery.ts';
import { failureOf } from '../core/pipeline.ts';
import type { Ports } from '../core/ports.ts';
import { noex } from '../wire/noex.ts';
import { maxFrameBytes, pushFrame, resultFrame, systemFrame } from '../wire/noex-frames.ts';
import { channelOf } from './asked.ts';
import { queryChannel } from './channel.ts';
import { keepUp } from './slow.ts';
import { noteHeard, type Request, type Subscriber, type Subscription, socketOf, unsubscribe } from './subscribers.ts';

/** What a round has for the subscribers of a query. */
export interface News {
  readonly instance: string;
  /** The result as JSON. */
  readonly text: string;
  readonly seq: number;
  /** Those who have had an answer have not seen it. */
  readonly isNew: boolean;
  /** It goes through the queue to those who have had an answer. */
  readonly isWide: boolean;
  /** How many bytes a push of it has, where that is more than a message may have. */
  readonly tooManyBytes: number | undefined;
  /** They have been told so of the one before. */
  readonly wasTooLarge: boolean;
}

/** @returns undefined where a push of the result fits a message; subscription ids are all of one length */
export function tooManyBytesIn(text: string, seq: number, subscription: string): number | undefined {
  const bytes = Buffer.byteLength(pushFrame('subscription', subscription, text, seq));
  return bytes > maxFrameBytes ? bytes : undefined;
}

/**
 * Tells a subscriber all that is for them, one after the other: the answers they wait for, then what is new. What is noted
 * afterwards is noted again where it was cut short: better told twice than never.
 */
export async function tell(
  ports: Ports,
  subscriber: Subscriber,
  news: News,
  these: readonly Subscription[] = subscriber.subscriptions,
): Promise<void> {
  const { member, slowSince } = subscriber;
  const to = [member.connectionId];
  const answered = new Set<string>();
  for (const subscription of these) {
    for (const frame of framesFor(subscription, subscriber, news)) {
      const { gone, failed } = await ports.gateway.post(to, frame);
      if (gone.length > 0) return removeGone(ports, queryChannel, channelOf(news.instance), gone);
      if (failed.length > 0) return keepUp(ports, news.instance, subscriber, { answered, seq: news.seq });
    }
    if (subscription.asks || slowSince !== undefined) answered.add(subscription.id);
  }
  if (answered.size > 0 || slowSince !== undefined) {
    await noteHeard(ports, news.instance, subscriber, { answered, seq: news.seq });
  }
}

function framesFor({ id, asks }: Subscription, { slowSince }: Subscriber, news: News): string[] {
  const { text, seq, isNew, tooManyBytes, wasTooLarge } = news;
  const push = () => pushFrame('subscription', id, text, seq);
  if (asks) {
    const answer = resultFrame(asks.correlation, `{"subscriptionId":${JSON.stringify(id)},"data":${text}}`);
    return [answer, ...(asks.pushes ? [push()] : [])];
  }
  if (!isNew && slowSince === undefined) return [];
  if (tooManyBytes === undefined) return [push()];
  const tooLarge = { subscriptionId: id, bytes: tooManyBytes, limit: maxFrameBytes };
  return wasTooLarge ? [] : [systemFrame('result_too_large', tooLarge)];
}

/** Refuses a request whose subscription comes to nothing: it ends before it has begun. */
export async function refuse(
  ports: Ports,
  subscriber: Subscriber,
  { id }: Subscription,
  { correlation, requestId }: Request,
  thrown: unknown,
): Promise<void> {
  const { exposeErrorDetails } = ports.app;
  const failure = failureOf(thrown, ports, 'store.subscribe', requestId);
  const frame = { type: 'store.subscribe', input: undefined, correlation };
  const socket = socketOf(subscriber);
  // Whoever is refused may ask again at once, and then there has to be room. Who takes it away is who answers.
  if (!(await unsubscribe(ports, socket.id, id))) return;
  await postOwed(ports, socket, noex.refuse(failure, frame, { requestId, exposeErrorDetails }));
}

export type Ending = 'query_undefined' | 'bucket_dropped' | 'logout' | 'session_expired';

/** Ends subscriptions that nobody has asked to end, and says so. */
export async function end(
  ports: Ports,
  socket: OwedTo,
  subscriptions: readonly Pick<Subscription, 'id'>[],
  reason: Ending,
): Promise<void> {
  for (const { id } of subscriptions) {
    if (!(await unsubscribe(ports, socket.id, id))) continue;
    await postOwed(ports, socket, systemFrame('subscription_ended', { subscriptionId: id, reason }));
  }
}
