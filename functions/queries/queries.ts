import { isRecorded } from '../audit/recorded.ts';
import type { SocketCaller } from '../core/caller.ts';
import { Failure } from '../core/errors.ts';
import { hasAnswered, hasRefused, implement } from '../core/implement.ts';
import type { Ports } from '../core/ports.ts';
import { newSubscriptionId } from '../core/subscriptions.ts';
import { queryNamed } from '../store/named-query.ts';
import { type Asked, askedOf, instanceOf } from './asked.ts';
import { queriesContract } from './contract.ts';
import { notedBy } from './noted.ts';
import { insist, outlast } from './refresh.ts';
import { findSubscriber, type Subscription, subscribe, unsubscribe } from './subscribers.ts';
import { dropUnused } from './unused.ts';

/** How long a request waits if a process died during an evaluation. */
const patienceMs = 20_000;

/**
 * Live queries. The process that evaluates a query answers all requests since the last evaluation, whichever process
 * received them. So one evaluation serves all concurrent requests, and no push can overtake an answer.
 */
export const queries = implement('queries', queriesContract, {
  async subscribe(ports, caller, { query, params, initialPush }) {
    const asked = askedOf(ports, await queryNamed(ports, query), params, caller.identity);
    const { frame, correlation } = caller;
    const pushes = initialPush ?? ports.app.initialPush ?? true;
    const isWanted = pushes && caller.connection.initialPush !== false;
    const id = newSubscriptionId(ports);
    await begin(ports, caller, asked, { id, asks: { correlation, requestId: frame.requestId, pushes: isWanted } });
    if (!isRecorded(ports.app, 'store.subscribe')) return hasAnswered;
    // The evaluating process has ended the subscriptions that it refused.
    const subscriber = await findSubscriber(ports, instanceOf(asked), caller.connection.id);
    return subscriber?.subscriptions.some((one) => one.id === id) ? hasAnswered : hasRefused;
  },

  async unsubscribe(ports, { connection }, { subscriptionId }) {
    const noted = notedBy(connection).find(({ id }) => id === subscriptionId);
    if (!noted || !(await unsubscribe(ports, connection.id, subscriptionId))) {
      throw new Failure('not_found', 'This connection has no such subscription to a query.');
    }
    await outlast(ports, noted.instance);
    await dropUnused(ports, noted.instance);
    return { unsubscribed: true as const };
  },
});

async function begin(ports: Ports, caller: SocketCaller, asked: Asked, subscription: Subscription): Promise<void> {
  const instance = instanceOf(asked);
  const begun = await subscribe(ports, caller, asked, subscription);
  if (begun === 'gone') return;
  if (begun === 'changed') throw new Failure('not_logged_in', 'Somebody has signed in or out meanwhile. Try again.');
  try {
    if (await insist(ports, instance, [], patienceMs, asked)) return;
    throw new Failure('service_unavailable', 'The query has not been looked at in time. Try again shortly.');
  } catch (thrown) {
    const subscriber = await findSubscriber(ports, instance, caller.connection.id);
    const isUnanswered = subscriber?.subscriptions.some(({ id, asks }) => id === subscription.id && asks !== undefined);
    if (isUnanswered && (await unsubscribe(ports, caller.connection.id, subscription.id))) throw thrown;
    ports.log.error('a subscription was answered by somebody else', thrown, { query: asked.query });
  }
}
