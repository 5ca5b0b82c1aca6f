import type { Connection } from './connection.ts';
import { ex } from './expression.ts';
import { connectionIdIn, keys } from './keys.ts';
import type { ConnectionId } from './names.ts';
import type { Ports } from './ports.ts';

/**
 * Limits how many sockets an IP address has open, if the application sets a limit. One item lists them, so that
 * concurrent upgrades cannot exceed the limit. A handler that finds the list full removes the sockets whose rows are
 * gone, and tries again.
 */

/** @returns whether there was a free place; the socket's row must already exist */
export async function takePlace(ports: Ports, connection: Connection): Promise<boolean> {
  const { maxConnectionsPerIp } = ports.app;
  if (maxConnectionsPerIp === undefined) return true;
  const { id, ip, expiresAt } = connection;
  const take = () =>
    ports.connections.update(
      keys.places(ip),
      ex`SET ttl = ${Math.ceil(expiresAt / 1000)} ADD sockets ${new Set([id])}`,
      { when: ex`attribute_not_exists(sockets) OR size(sockets) < ${maxConnectionsPerIp}` },
    );
  const taken = await take();
  if (taken.ok) return true;
  const dead = await deadAmong(ports, taken.current?.sockets);
  if (dead.length === 0) return false;
  await strikeOut(ports, ip, dead);
  return (await take()).ok;
}

/** Removes a socket that is gone from the list. Doing so twice does no harm. */
export async function leavePlace(ports: Ports, id: ConnectionId, ip: string): Promise<void> {
  if (ports.app.maxConnectionsPerIp !== undefined) await strikeOut(ports, ip, [id]);
}

async function strikeOut({ connections }: Ports, ip: string, ids: readonly string[]): Promise<void> {
  await connections.update(keys.places(ip), ex`DELETE sockets ${new Set(ids)}`, { when: ex`attribute_exists(pk)` });
}

async function deadAmong({ connections, clock }: Ports, sockets: unknown): Promise<ConnectionId[]> {
  if (!(sockets instanceof Set)) return [];
  const ids = [...sockets] as ConnectionId[]; // only those are ever added
  const rows = await connections.batchGet(ids.map(keys.connection));
  const alive = new Set(
    rows.filter(({ expiresAt }) => Number(expiresAt) > clock.now()).map(({ pk }) => connectionIdIn(String(pk))),
  );
  return ids.filter((id) => !alive.has(id));
}
