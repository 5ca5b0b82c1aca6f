import { endSocket } from '../connections/end.ts';
import { forget } from '../connections/forget.ts';
import { branded } from '../core/branded.ts';
import { together } from '../core/concurrently.ts';
import type { Connection } from '../core/connection.ts';
import { findConnection } from '../core/connection-store.ts';
import { heartbeatOf, notePing, quietConnections } from '../core/heartbeat.ts';
import { connectionIndex } from '../core/keys.ts';
import type { EpochMs } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { dialects } from '../wire/dialects.ts';

/**
 * Pings clients that have been silent for a while, and closes the sockets of those that do not answer. A round waits
 * for the answers to its own pings, so it finds dead clients itself; the next round does what a round leaves over. An
 * answer removes the ping's note from the socket's row, so clock differences do not matter.
 */

const atOnce = 50;
/** The next round handles longer waits. */
const longestWaitMs = 25_000;

export async function beat(ports: Ports): Promise<Readonly<Record<'pinged' | 'overdue' | 'gone', number>>> {
  const { intervalMs, timeoutMs } = heartbeatOf(ports.app);
  const now = ports.clock.now();
  const before = branded<EpochMs>(now - intervalMs);
  const found: Found[] = [];
  for (let shard = 0; shard < connectionIndex.shards; shard++) {
    const quiet = await quietConnections(ports, { shard, answerPings: true }, before);
    found.push(...(await each(quiet, (connection) => touch(ports, connection, now, timeoutMs))));
  }
  const count = (state: Found['state']) => found.filter((one) => one.state === state).length;
  const waiting = found.flatMap(({ state, connection }) => (state === 'waiting' ? [connection] : []));
  if (waiting.length === 0 || timeoutMs > longestWaitMs) {
    return { pinged: waiting.length, overdue: count('overdue'), gone: count('gone') };
  }
  await ports.clock.wait(timeoutMs);
  const ended = await each(waiting, (connection) => endIfSilent(ports, connection));
  const overdue = count('overdue') + ended.filter(Boolean).length;
  return { pinged: waiting.length, overdue, gone: count('gone') };
}

interface Found {
  readonly connection: Connection;
  readonly state: 'waiting' | 'overdue' | 'gone';
}

async function touch(ports: Ports, connection: Connection, now: EpochMs, timeoutMs: number): Promise<Found> {
  const { id, pingedAt, expiresAt } = connection;
  if (pingedAt !== undefined && now - pingedAt >= timeoutMs) {
    return { connection, state: (await endIfSilent(ports, connection)) ? 'overdue' : 'waiting' };
  }
  if (expiresAt > now) {
    const ping = dialects.find(({ name }) => name === connection.dialect)?.quiet(connection, now);
    const noted = await notePing(ports, connection, now);
    if (noted === 'waiting') return { connection, state: 'waiting' };
    const isThere =
      noted === 'noted' && (ping === undefined || (await ports.gateway.post([id], ping)).gone.length === 0);
    if (isThere) return { connection: { ...connection, pingedAt: now }, state: 'waiting' };
  }
  await forget(ports, id, { at: now, by: `beat:${now}` });
  return { connection, state: 'gone' };
}

/** @returns whether the client has been silent since that ping, and its socket was closed */
async function endIfSilent(ports: Ports, { id, pingedAt }: Connection): Promise<boolean> {
  const current = await findConnection(ports, id);
  if (!current || current.pingedAt === undefined || current.pingedAt !== pingedAt) return false;
  await endSocket(ports, current, 'heartbeatTimeout');
  return true;
}

async function each<T, U>(all: readonly T[], run: (one: T) => Promise<U>): Promise<U[]> {
  const done: U[] = [];
  for (let start = 0; start < all.length; start += atOnce) {
    done.push(...(await together(all.slice(start, start + atOnce).map(run))));
  }
  return done;
}
