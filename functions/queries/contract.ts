import * as z from 'zod/mini';
import type { Contract } from '../core/contract.ts';
import { operation, push } from '../core/contract.ts';

/**
 * Live queries: clients subscribe to the result of a query and hear of every new one, each time in full. Results never step
 * back, and two in a row differ; states in between may be skipped, the last one never is. One transaction is one push.
 */

const access = { caller: 'anyone', scope: 'read' } as const;

const SubscriptionId = () => z.string().check(z.minLength(1), z.describe('Unique among all live subscriptions.'));
const Result = () => z.unknown().check(z.describe('Whatever the query comes to.'));

export const queriesContract = {
  operations: {
    subscribe: operation({
      summary:
        'Hear of every new result of a query. The answer has the present one; a push repeats it unless unwanted.',
      access,
      errors: ['query_not_defined', 'bucket_not_defined', 'not_authorized', 'too_large'],
      input: () =>
        z.object({
          query: z.string().check(z.minLength(1), z.describe('Name of a query.')),
          params: z.optional(z.unknown()).check(z.describe('Any JSON; null is none.')),
          initialPush: z.optional(z.boolean()).check(z.describe('false: the present result is not pushed as well.')),
        }),
      output: () => z.object({ subscriptionId: SubscriptionId(), data: Result() }),
      socket: { dialect: 'noex', type: 'store.subscribe', reply: 'result', runsIn: 'store' },
    }),
    unsubscribe: operation({
      summary: 'End a subscription to a query; nothing of it is pushed after the answer.',
      access,
      errors: ['not_found'],
      input: () => z.object({ subscriptionId: SubscriptionId() }),
      output: () => z.object({ unsubscribed: z.literal(true) }),
      socket: { dialect: 'noex', type: 'store.unsubscribe', reply: 'result', runsIn: 'store' },
    }),
  },
  pushes: {
    push: push({
      summary: 'A new result of a query that is subscribed to.',
      dialect: 'noex',
      type: 'push',
      payload: () =>
        z.object({
          channel: z.literal('subscription'),
          subscriptionId: SubscriptionId(),
          data: Result(),
          seq: z
            .optional(z.int())
            .check(z.describe('Rises with every result; a result that comes again has the same.')),
        }),
    }),
  },
} as const satisfies Contract;
