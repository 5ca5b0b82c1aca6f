import type { App } from './app.ts';
import type { Connection } from './connection.ts';
import { connectionOf, idOf } from './connection-store.ts';
import { ex } from './expression.ts';
import { connectionIndex, keys } from './keys.ts';
import type { EpochMs } from './names.ts';
import type { Ports } from './ports.ts';

/**
 * Since when sockets have been quiet, in their rows. Clients that answer pings are known to be there by what they send;
 * of all others it is enough that something went in or out now and then.
 */

/** Traffic is noted this often at most: one write in two minutes, not one a frame. */
const noteEveryMs = 2 * 60_000;

/** How clients that answer pings are found out, all in milliseconds. */
export interface Heartbeat {
  /** Whoever has said nothing for so long is pinged. */
  readonly intervalMs: number;
  /** Whoever says nothing for so long after a ping is gone. */
  readonly timeoutMs: number;
}

export function heartbeatOf({ heartbeat: { intervalMs = 30_000, timeoutMs = 10_000 } = {} }: App): Heartbeat {
  return { intervalMs, timeoutMs };
}

/** Some frame went in or out; of a client that answers pings: it has sent one, and who does so often is never pinged. */
export async function noteTraffic(ports: Ports, connection: Connection): Promise<void> {
  const now = ports.clock.now();
  const everyMs = connection.answersPings ? heartbeatOf(ports.app).intervalMs / 2 : noteEveryMs;
  if (connection.pingedAt === undefined && now - connection.quietSince < everyMs) return;
  await ports.connections.update(keys.connection(connection.id), ex`SET gsi2sk = ${now} REMOVE pingedAt`, {
    when: ex`attribute_exists(pk) AND attribute_not_exists(closing)`,
  });
}

/** Notes a ping before it goes out, so that its answer finds the note; `waiting`: an earlier one has no answer yet. */
export async function notePing(ports: Ports, { id }: Connection, at: EpochMs): Promise<'noted' | 'waiting' | 'gone'> {
  const written = await ports.connections.update(keys.connection(id), ex`SET pingedAt = ${at}`, {
    when: ex`attribute_exists(pk) AND attribute_not_exists(closing) AND attribute_not_exists(pingedAt)`,
  });
  if (written.ok) return 'noted';
  return written.current && written.current.closing === undefined ? 'waiting' : 'gone';
}

/** Who answers pings, or everybody else; one part of them. */
export interface Part {
  readonly shard: number;
  readonly answerPings: boolean;
}

/** Sockets that have been quiet since before a time, the quietest first, even those that are being taken away. */
export async function quietConnections(
  { connections }: Ports,
  { shard, answerPings }: Part,
  before: EpochMs,
): Promise<Connection[]> {
  const pk = connectionIndex.shard(shard, answerPings);
  const items = await connections.query({ index: 'gsi2', pk, to: before });
  return items.map((item) => connectionOf(idOf(item), item));
}

/** All open sockets of clients that answer pings. Eventually consistent. */
export async function pingedConnections({ connections, clock }: Ports): Promise<Connection[]> {
  const now = clock.now();
  const shards = Array.from({ length: connectionIndex.shards }, (_, shard) =>
    connections.query({ index: 'gsi2', pk: connectionIndex.shard(shard, true) }),
  );
  return (await Promise.all(shards))
    .flat()
    .filter(({ closing, expiresAt }) => closing === undefined && Number(expiresAt) > now)
    .map((item) => connectionOf(idOf(item), item));
}
