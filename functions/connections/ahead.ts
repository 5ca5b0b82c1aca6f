import { withAtHand } from '../core/at-hand.ts';
import type { Connection } from '../core/connection.ts';
import { findConnection, findConnectionAnd } from '../core/connection-store.ts';
import { isObject } from '../core/json.ts';
import type { ConnectionId } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import type { Key, Table } from '../core/table.ts';
import type { Door } from './door.ts';
import type { SocketEvent } from './socket-event.ts';

/** How long items that were read ahead count as current. */
const freshForMs = 100;

interface Found {
  readonly connection: Connection | undefined;
  readonly table: Table;
}

/**
 * Reads a frame's connection together with the items that its capability will probably read first. This takes one round
 * trip, or two if the items depend on a connection path that this process has not seen yet. A wrong guess does no harm,
 * and nothing of the items is revealed before the frame is authorized.
 */
export async function findWhatFor(ports: Ports, { connectionId, body }: SocketEvent, door: Door): Promise<Found> {
  const { table, clock } = ports;
  const paths = pathsOf(ports.connections);
  const keys = keysIn(table, body, door, paths.get(connectionId));
  const until = clock.now() + freshForMs;
  const isFresh = () => clock.now() < until;
  try {
    if (keys.length > 0) {
      const { connection, items } = await findConnectionAnd(ports, connectionId, keys);
      return { connection, table: withAtHand(table, keys, items, isFresh) };
    }
    const connection = await findConnection(ports, connectionId);
    if (!connection || !door.aheadOn?.speaksAt(connection.path)) return { connection, table };
    remember(paths, connection);
    const theirs = keysIn(table, body, door, connection.path);
    return { connection, table: withAtHand(table, theirs, await table.batchGet(theirs), isFresh) };
  } catch {
    // If the table cannot be read, the client must be told, which needs the connection.
    return { connection: await findConnection(ports, connectionId), table };
  }
}

function keysIn(table: Table, body: string, { ahead, aheadOn }: Door, path: string | undefined): Key[] {
  const at = path !== undefined && aheadOn?.speaksAt(path) ? path : undefined;
  if (!ahead && at === undefined) return [];
  try {
    const message: unknown = JSON.parse(body);
    if (!isObject(message)) return [];
    return [...(ahead?.(message, table) ?? []), ...(at === undefined ? [] : (aheadOn?.ahead(message, at) ?? []))];
  } catch {
    return [];
  }
}

/** Paths of connections, one map per table: a connection's path never changes. */
const knownPaths = new WeakMap<Table, Map<ConnectionId, string>>();
const mostKnown = 1_000;

function pathsOf(connections: Table): Map<ConnectionId, string> {
  const paths = knownPaths.get(connections) ?? new Map<ConnectionId, string>();
  knownPaths.set(connections, paths);
  return paths;
}

function remember(paths: Map<ConnectionId, string>, { id, path }: Connection): void {
  paths.set(id, path);
  const oldest = paths.keys().next();
  if (paths.size > mostKnown && !oldest.done) paths.delete(oldest.value);
}
