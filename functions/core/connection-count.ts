import { ex } from './expression.ts';
import { connectionIdIn, connectionIndex, keys } from './keys.ts';
import type { ConnectionId } from './names.ts';
import type { Ports } from './ports.ts';
import type { TransactWrite } from './table.ts';

/**
 * How many sockets have logged in, without looking at them: counted in shards, in the transactions that log in a socket for
 * the first time or delete its row. Rows that expire uncounted are made up for by the sweeper.
 */
const shards = connectionIndex.loginShards;

/** Of sockets that have logged in, those included whose end nobody has noticed yet. */
export async function countConnections(ports: Ports): Promise<number> {
  const counts = await ports.connections.batchGet(Array.from({ length: shards }, (_, shard) => keys.loggedIn(shard)));
  return Math.max(
    0,
    counts.reduce((sum, { sockets }) => sum + Number(sockets), 0),
  );
}

/** Part of whatever adds a socket to those that have logged in, or takes it away. */
export function counting({ clock }: Pick<Ports, 'clock'>, id: ConnectionId, change: 1 | -1): TransactWrite {
  return {
    update: keys.loggedIn(shardOf(id, shards)),
    change: ex`SET changedAt = ${clock.now()} ADD sockets ${change}, changes ${1}`,
  };
}

/** The index shows a change a moment later than the count. */
const settledAfterMs = 10_000;

/** Counts one shard anew, and keeps the result if nothing has changed meanwhile. Begin at 0 and go on for ever. */
export async function recount(ports: Ports, round: number): Promise<void> {
  const shard = round % shards;
  const key = keys.loggedIn(shard);
  const before = await ports.connections.get(key);
  if (before && Number(before.changedAt) > ports.clock.now() - settledAfterMs) return;
  const rows = await ports.connections.query({
    index: 'gsi2',
    pk: connectionIndex.shard(shard % connectionIndex.shards),
    only: ['pk', 'loginAt'],
  });
  const found = rows.filter(
    ({ pk, loginAt }) => loginAt !== undefined && isIn(shard, connectionIdIn(String(pk))),
  ).length;
  if (found === Number(before?.sockets ?? 0)) return;
  const unchanged = before ? ex`changes = ${before.changes}` : ex`attribute_not_exists(pk)`;
  await ports.connections.update(key, ex`SET sockets = ${found} ADD changes ${1}`, { when: unchanged });
  ports.log.info('counted anew', { shard, found, before: before?.sockets ?? 0 });
}

/** Which shard a socket belongs to, of so many. */
export function shardOf(id: string, of: number): number {
  let sum = 0;
  for (let at = 0; at < id.length; at++) sum += id.charCodeAt(at);
  return sum % of;
}

const isIn = (shard: number, id: string): boolean => shardOf(id, shards) === shard;
