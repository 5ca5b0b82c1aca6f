import { introduce } from '../core/channel/members.ts';
import { channelsOf } from '../core/channel-names.ts';
import { together } from '../core/concurrently.ts';
import type { Connection } from '../core/connection.ts';
import type { Ports } from '../core/ports.ts';
import { queryKind } from './asked.ts';
import { notedBy } from './noted.ts';
import { outlast } from './refresh.ts';
import { aboutOf } from './subscribers.ts';
import { end } from './telling.ts';
import { dropUnused } from './unused.ts';

/** After a new sign-in, the connection's subscriptions use its permissions. */
export async function introduceAnew(ports: Ports, { id, channels, identity }: Connection): Promise<void> {
  const about = aboutOf(identity);
  await together(channelsOf(queryKind, channels).map((channel) => introduce(ports, channel, id, about)));
}

/** After a sign-out, ends all subscriptions of the connection. */
export async function endAll(ports: Ports, connection: Connection): Promise<void> {
  const subscriptions = notedBy(connection);
  await end(ports, connection, subscriptions, 'logout');
  for (const instance of new Set(subscriptions.map(({ instance }) => instance))) {
    await outlast(ports, instance);
    await dropUnused(ports, instance);
  }
}
