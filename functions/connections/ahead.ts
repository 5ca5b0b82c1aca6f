import { withAtHand } from '../core/at-hand.ts';
import type { Connection } from '../core/connection.ts';
import { findConnection, findConnectionAnd } from '../core/connection-store.ts';
import { isObject } from '../core/json.ts';
import type { Ports } from '../core/ports.ts';
import type { Key, Table } from '../core/table.ts';
import type { Door } from './door.ts';
import type { SocketEvent } from './socket-event.ts';

/** What was read ahead is as good as what is read now for so long. */
const freshForMs = 100;

/**
 * The connection that a frame came over, and what the capability that the frame seems to be for will ask for first: read in
 * one round trip. Nothing depends on whether that was guessed right, and nothing of it is told before the frame was admitted.
 */
export async function findWhatFor(
  ports: Ports,
  { connectionId, body }: SocketEvent,
  { ahead }: Door,
): Promise<{ readonly connection: Connection | undefined; readonly table: Table }> {
  const { table, clock } = ports;
  const keys = ahead ? keysIn(body, ahead) : [];
  if (keys.length === 0) return { connection: await findConnection(ports, connectionId), table };
  const until = clock.now() + freshForMs;
  try {
    const { connection, items } = await findConnectionAnd(ports, connectionId, keys);
    return { connection, table: withAtHand(table, keys, items, () => clock.now() < until) };
  } catch {
    // Where the store cannot be read, whoever asks is told so: that takes the connection.
    return { connection: await findConnection(ports, connectionId), table };
  }
}

function keysIn(body: string, ahead: NonNullable<Door['ahead']>): Key[] {
  try {
    const message: unknown = JSON.parse(body);
    return isObject(message) ? ahead(message) : [];
  } catch {
    return [];
  }
}
