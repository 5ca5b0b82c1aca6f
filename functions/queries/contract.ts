import * as z from 'zod/mini';
import type { Contract } from '../core/contract.ts';
import { operation, push } from '../core/contract.ts';

/**
 * Live queries: a client subscribes to a query, and the server pushes each new result in full. Results never go back to
 * an earlier state, and two consecutive ones differ. The server may skip intermediate states but never the last. One
 * transaction causes one push.
 */

const access = { caller: 'anyone', scope: 'read' } as const;

const SubscriptionId = () => z.string().check(z.minLength(1), z.describe('Unique among all open subscriptions.'));
const Result = () => z.unknown().check(z.describe('Result of the query, any JSON.'));

export const queriesContract = {
  operations: {
    subscribe: operation({
      summary:
        'Subscribe to a query. The answer has the current result; a push repeats it unless `initialPush` is false.',
      access,
      errors: ['query_not_defined', 'bucket_not_defined', 'not_authorized', 'too_large'],
      input: () =>
        z.object({
          query: z.string().check(z.minLength(1), z.describe('Name of a query.')),
          params: z.optional(z.unknown()).check(z.describe('Any JSON; null means no parameters.')),
          initialPush: z
            .optional(z.boolean())
            .check(z.describe('false: the server does not push the current result in addition to the answer.')),
        }),
      output: () => z.object({ subscriptionId: SubscriptionId(), data: Result() }),
      socket: { dialect: 'noex', type: 'store.subscribe', reply: 'result', runsIn: 'store' },
    }),
    unsubscribe: operation({
      summary: 'End a subscription to a query. After the answer the server pushes nothing more of it.',
      access,
      errors: ['not_found'],
      input: () => z.object({ subscriptionId: SubscriptionId() }),
      output: () => z.object({ unsubscribed: z.literal(true) }),
      socket: { dialect: 'noex', type: 'store.unsubscribe', reply: 'result', runsIn: 'store' },
    }),
  },
  pushes: {
    push: push({
      summary: 'A new result of a subscribed query.',
      dialect: 'noex',
      type: 'push',
      payload: () =>
        z.object({
          channel: z.literal('subscription'),
          subscriptionId: SubscriptionId(),
          data: Result(),
          seq: z
            .optional(z.int())
            .check(z.describe('Rises with every new result; a repeated result has the same number.')),
        }),
    }),
  },
} as const satisfies Contract;
