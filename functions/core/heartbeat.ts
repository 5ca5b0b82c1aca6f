import type { App } from './app.ts';
import type { Connection } from './connection.ts';
import { connectionOf, idOf } from './connection-store.ts';
import { ex } from './expression.ts';
import { connectionIndex, keys } from './keys.ts';
import type { EpochMs } from './names.ts';
import type { Ports } from './ports.ts';

/**
 * Notes in the rows of sockets since when they have been quiet. A client that answers pings is alive if it sends
 * frames. For all others, traffic in either direction is enough.
 */

/** The least time between two notes: one write in two minutes, not one a frame. */
const noteEveryMs = 2 * 60_000;

/** How the server detects that a client which answers pings is dead. In milliseconds. */
export interface Heartbeat {
  /** The server pings a client that has sent nothing for so long. */
  readonly intervalMs: number;
  /** A client that sends nothing for so long after a ping is dead. */
  readonly timeoutMs: number;
}

export function heartbeatOf({ heartbeat: { intervalMs = 30_000, timeoutMs = 10_000 } = {} }: App): Heartbeat {
  return { intervalMs, timeoutMs };
}

/**
 * Notes a frame in either direction; for clients that answer pings only one that they sent. Active clients are never
 * pinged.
 */
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

/** One shard of the clients that answer pings, or of those that do not. */
export interface Part {
  readonly shard: number;
  readonly answerPings: boolean;
}

/** Sockets that have been quiet since before a time, quietest first, including those that are being removed. */
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
