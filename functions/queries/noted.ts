import type { Connection } from '../core/connection.ts';
import { pingedConnections } from '../core/heartbeat.ts';
import type { Ports } from '../core/ports.ts';
import { type Subscription, subscriptionsOf } from '../core/subscriptions.ts';

/** Subscriptions to queries, as the rows of connections list them. */

export interface Noted {
  readonly id: string;
  /** Id of the live query. */
  readonly instance: string;
  /** The query's name. */
  readonly query: string;
  /** Its text in the connection's row. */
  readonly text: string;
}

export const noteOf = (id: string, instance: string, query: string): Subscription => ({
  kind: 'query',
  id,
  to: `${instance}:${query}`,
});

export function notedBy(connection: Pick<Connection, 'subscriptions'>): Noted[] {
  return subscriptionsOf(connection, 'query').map(({ id, to, text }) => {
    const between = to.indexOf(':');
    return { id, instance: to.slice(0, between), query: to.slice(between + 1), text };
  });
}

/** How many subscriptions each query has, by its name; those without any are missing. About a second old. */
export async function countSubscriptions(ports: Ports): Promise<Map<string, number>> {
  const noted = (await pingedConnections(ports)).flatMap(notedBy);
  return new Map([...Map.groupBy(noted, ({ query }) => query)].map(([query, these]) => [query, these.length]));
}
