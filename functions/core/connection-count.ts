import { ex } from './expression.ts';
import { connectionIdIn, connectionIndex, keys } from './keys.ts';
import type { ConnectionId } from './names.ts';
import type { Ports } from './ports.ts';
import type { TransactWrite } from './table.ts';

/**
 * Counts the sockets that have logged in, without reading their rows. The counter has shards, and changes in the
 * transactions that log a socket in for the first time or delete its row. The sweeper corrects it for rows that expire.
 */
const shards = connectionIndex.loginShards;

/** How many sockets have logged in, including dead ones that the server has not noticed yet. */
export async function countConnections(ports: Ports): Promise<number> {
  const counts = await ports.connections.batchGet(Array.from({ length: shards }, (_, shard) => keys.loggedIn(shard)));
  return Math.max(
    0,
    counts.reduce((sum, { sockets }) => sum + Number(sockets), 0),
  );
}

/** Belongs into the transaction that logs a socket in for the first time, or that deletes its row. */
export function counting({ clock }: Pick<Ports, 'clock'>, id: ConnectionId, change: 1 | -1): TransactWrite {
  return {
    update: keys.loggedIn(shardOf(id, shards)),
    change: ex`SET changedAt = ${clock.now()} ADD sockets ${change}, changes ${1}`,
  };
}

/** The index is eventually consistent, so it shows a change later than the count. */
const settledAfterMs = 10_000;

/**
 * Recounts one shard, and stores the result if the count has not changed meanwhile. Rounds start at 0 and go on for
 * ever.
 */
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

/** The shard of a socket, of so many. */
export function shardOf(id: string, of: number): number {
  let sum = 0;
  for (let at = 0; at < id.length; at++) sum += id.charCodeAt(at);
  return sum % of;
}

const isIn = (shard: number, id: string): boolean => shardOf(id, shards) === shard;
