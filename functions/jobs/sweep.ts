import { finishAbandoned } from '../audit/abandoned.ts';
import { forget } from '../connections/forget.ts';
import { branded } from '../core/branded.ts';
import { together } from '../core/concurrently.ts';
import type { Connection } from '../core/connection.ts';
import { recount } from '../core/connection-count.ts';
import { noteTraffic, quietConnections } from '../core/heartbeat.ts';
import { connectionIndex } from '../core/keys.ts';
import type { EpochMs } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { askToFinishBuckets } from '../store/finish-bucket.ts';
import { dialects } from '../wire/dialects.ts';
import { beat } from './beat.ts';

/** API Gateway closes a socket after ten minutes without a frame; half of that leaves room for a missed round. */
const quietAfterMs = 5 * 60_000;
const atOnce = 50;
/** The interval of the sweep: each round corrects one part of the socket count. */
const roundMs = 60_000;

/**
 * Keeps quiet sockets open and finds the dead ones: each gets a frame that its dialect ignores. If a socket's
 * `$disconnect` never came, the sweep removes the connection from everything it was in. It also pings clients that
 * answer pings, and corrects the socket count.
 */
export async function sweep(ports: Ports): Promise<Readonly<Record<'quiet' | 'gone' | 'pinged' | 'overdue', number>>> {
  let quiet = 0;
  let gone = 0;
  const before = branded<EpochMs>(ports.clock.now() - quietAfterMs);
  for (let shard = 0; shard < connectionIndex.shards; shard++) {
    const connections = await quietConnections(ports, { shard, answerPings: false }, before);
    for (let start = 0; start < connections.length; start += atOnce) {
      const alive = await together(connections.slice(start, start + atOnce).map((one) => touch(ports, one)));
      quiet += alive.filter(Boolean).length;
      gone += alive.filter((one) => !one).length;
    }
  }
  await recount(ports, Math.floor(ports.clock.now() / roundMs));
  await askToFinishBuckets(ports);
  await finishAbandoned(ports);
  const pinged = await beat(ports);
  const swept = { quiet, gone: gone + pinged.gone, pinged: pinged.pinged, overdue: pinged.overdue };
  if (Object.values(swept).some((count) => count > 0)) ports.log.info('swept', swept);
  return swept;
}

/** @returns whether the socket still exists */
async function touch(ports: Ports, connection: Connection): Promise<boolean> {
  const now = ports.clock.now();
  if (connection.expiresAt > now) {
    const nothing = dialects.find((one) => one.name === connection.dialect)?.quiet(connection, now);
    if (nothing === undefined) return true;
    const { gone } = await ports.gateway.post([connection.id], nothing);
    if (gone.length === 0) {
      await noteTraffic(ports, connection);
      return true;
    }
  }
  await forget(ports, connection.id, { at: now, by: `sweep:${now}` });
  return false;
}
