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

/** The result of a round, for the subscribers of a query. */
export interface News {
  readonly instance: string;
  /** The result as JSON. */
  readonly text: string;
  readonly seq: number;
  /** Whether answered subscribers have not seen it yet. */
  readonly isNew: boolean;
  /** Whether answered subscribers get it through the queue. */
  readonly isWide: boolean;
  /** Size of its push in bytes, if that exceeds the limit of a message. */
  readonly tooManyBytes: number | undefined;
  /** Whether the previous result was too large as well, and subscribers know it. */
  readonly wasTooLarge: boolean;
}

/** @returns undefined if a push of the result fits into a message; subscription ids all have the same length */
export function tooManyBytesIn(text: string, seq: number, subscription: string): number | undefined {
  const bytes = Buffer.byteLength(pushFrame('subscription', subscription, text, seq));
  return bytes > maxFrameBytes ? bytes : undefined;
}

/**
 * Posts to a subscriber in sequence: first the pending answers, then a new result. The note is written afterwards, so
 * that after an interruption the frames are posted again, because twice is better than never.
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

/** Refuses a request, and removes its subscription. */
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
  // Removed before the answer, because the client may subscribe again at once. The process that removes it sends the
  // answer.
  if (!(await unsubscribe(ports, socket.id, id))) return;
  await postOwed(ports, socket, noex.refuse(failure, frame, { requestId, exposeErrorDetails }));
}

export type Ending = 'query_undefined' | 'bucket_dropped' | 'logout' | 'session_expired';

/** Ends subscriptions from the server's side, and tells the client. */
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
