import * as z from 'zod/mini';
import type { Contract } from '../core/contract.ts';
import { operation } from '../core/contract.ts';
import { rulesContract } from '../rules/contract.ts';
import { storeContract } from '../store/contract.ts';

/** Statistics of the store's server: connections and subscriptions, for callers that the application authorizes. */

const access = { caller: 'anyone', scope: 'read' } as const;
const Count = () => z.int();

export const introspectionContract = {
  operations: {
    stats: operation({
      summary: 'Read statistics: connections, subscriptions, and the contents of the store and the rule engine.',
      access,
      errors: [],
      input: () => z.object({}),
      output: () =>
        z.object({
          name: z.string(),
          connectionCount: Count(),
          authEnabled: z.boolean(),
          rateLimitEnabled: z.boolean(),
          rulesEnabled: z.boolean(),
          connections: z.object({
            active: Count(),
            authenticated: Count(),
            totalStoreSubscriptions: Count(),
            totalRulesSubscriptions: Count(),
          }),
          store: storeContract.operations.stats.output,
          rules: z.nullable(rulesContract.operations.stats.output),
        }),
      socket: { dialect: 'noex', type: 'server.stats', reply: 'result', runsIn: 'store' },
    }),
    connections: operation({
      summary: 'List the open connections of clients that speak this protocol.',
      access,
      errors: ['too_large'],
      input: () => z.object({}),
      output: () =>
        z.array(
          z.object({
            connectionId: z.string(),
            remoteAddress: z.string(),
            connectedAt: z.number().check(z.describe('Milliseconds since 1970.')),
            authenticated: z.boolean(),
            userId: z.nullable(z.string()),
            roles: z.array(z.string()),
            storeSubscriptionCount: Count(),
            rulesSubscriptionCount: Count(),
          }),
        ),
      socket: { dialect: 'noex', type: 'server.connections', reply: 'result', runsIn: 'store' },
    }),
  },
  pushes: {},
} as const satisfies Contract;
