import type { Connection } from '../core/connection.ts';
import { pingedConnections } from '../core/heartbeat.ts';
import { implement } from '../core/implement.ts';
import type { Ports } from '../core/ports.ts';
import { subscriptionsOf } from '../core/subscriptions.ts';
import { hasRules } from '../rules/application.ts';
import { statistics } from '../rules/statistics.ts';
import { sessionOf } from '../socket-auth/session.ts';
import { stats } from '../store/stats.ts';
import { introspectionContract } from './contract.ts';

/** Current activity, read from the connections' rows, which show a change within a second. */
export const introspection = implement('introspection', introspectionContract, {
  async stats(ports) {
    const { app } = ports;
    const rulesEnabled = hasRules(app);
    const [connections, store, rules] = await Promise.all([
      shownConnections(ports),
      stats(ports),
      rulesEnabled ? statistics(ports) : null,
    ]);
    const total = (count: (one: Shown) => number) => connections.reduce((sum, one) => sum + count(one), 0);
    return {
      name: app.name,
      connectionCount: connections.length,
      authEnabled: app.auth !== undefined,
      rateLimitEnabled: app.rateLimit !== undefined,
      rulesEnabled,
      connections: {
        active: connections.length,
        authenticated: total(({ authenticated }) => Number(authenticated)),
        totalStoreSubscriptions: total(({ storeSubscriptionCount }) => storeSubscriptionCount),
        totalRulesSubscriptions: total(({ rulesSubscriptionCount }) => rulesSubscriptionCount),
      },
      store,
      rules,
    };
  },

  connections: shownConnections,
});

type Shown = ReturnType<typeof shownOf>;

async function shownConnections(ports: Ports): Promise<Shown[]> {
  const open = (await pingedConnections(ports)).filter(({ isTurnedAway }) => !isTurnedAway);
  return open.map((connection) => shownOf(ports, connection)).sort((a, b) => a.connectedAt - b.connectedAt);
}

function shownOf(ports: Ports, connection: Connection) {
  const session = sessionOf(ports, connection.identity);
  return {
    connectionId: connection.id,
    remoteAddress: connection.ip,
    connectedAt: connection.connectedAt,
    authenticated: session !== undefined,
    userId: session?.userId ?? null,
    roles: [...(session?.roles ?? [])],
    storeSubscriptionCount: subscriptionsOf(connection, 'query').length,
    rulesSubscriptionCount: subscriptionsOf(connection, 'event').length,
  };
}
