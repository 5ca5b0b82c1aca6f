import { branded } from '../core/branded.ts';
import { together } from '../core/concurrently.ts';
import { hashOfNode, keys, nodeWatchersOf } from '../core/keys.ts';
import type { ConnectionId, EpochMs } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';

/** Rows of a node's watchers, found by the node. */

const atOnce = 25;

export async function watch(
  { connections }: Ports,
  connection: ConnectionId,
  nodes: readonly string[],
  expiresAt: EpochMs,
): Promise<void> {
  const ttl = Math.ceil(expiresAt / 1_000);
  await someAtOnce(nodes, (node) =>
    connections.put({ ...keys.nodeWatcher(hashOfNode(node), connection), node, expiresAt, ttl }),
  );
}

export async function unwatch(
  { connections }: Ports,
  connection: ConnectionId,
  nodes: readonly string[],
): Promise<void> {
  await someAtOnce(nodes, (node) => connections.delete(keys.nodeWatcher(hashOfNode(node), connection)));
}

/** The nodes that have watchers, by their hashes. */
export async function watchedAmong({ connections }: Ports, nodes: readonly string[]): Promise<string[]> {
  const hashes = nodes.map(hashOfNode);
  const found = await someAtOnce(hashes, (hash) =>
    connections.query({ pk: nodeWatchersOf(hash), limit: 1, only: ['sk'] }),
  );
  return hashes.filter((_, index) => (found[index]?.length ?? 0) > 0);
}

export interface Watcher {
  readonly node: string;
  readonly connection: ConnectionId;
}

/** All watchers of these nodes, which are given by their hashes. */
export async function watchersOf({ connections, clock }: Ports, hashes: readonly string[]): Promise<Watcher[]> {
  const now = clock.now();
  const rows = await someAtOnce(hashes, (hash) =>
    connections.query({ pk: nodeWatchersOf(hash), only: ['sk', 'node', 'expiresAt'] }),
  );
  return rows
    .flat()
    .filter(({ expiresAt }) => Number(expiresAt) > now)
    .map(({ sk, node }) => ({ node: String(node), connection: branded<ConnectionId>(String(sk)) }));
}

async function someAtOnce<T, R>(all: readonly T[], run: (one: T) => Promise<R>): Promise<R[]> {
  const done: R[] = [];
  for (let at = 0; at < all.length; at += atOnce) {
    done.push(...(await together(all.slice(at, at + atOnce).map(run))));
  }
  return done;
}
