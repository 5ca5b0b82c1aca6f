import type { Connection } from './connection.ts';
import { ex } from './expression.ts';
import { connectionIdIn, keys } from './keys.ts';
import type { ConnectionId } from './names.ts';
import type { Ports } from './ports.ts';

/**
 * How many sockets an address has open, where the application limits that: the list of them in one item, so that of many
 * who come at once just so many get in. Whoever finds it full strikes out those whose rows are gone, and tries again.
 */

/** @returns whether there was one; the socket's row has been written before */
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

/** A socket is gone. Striking it out twice does no harm. */
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
