import { checkIdentity } from '../auth/session-check.ts';
import type { Frame, SocketCaller } from '../core/caller.ts';
import type { Connection } from '../core/connection.ts';
import type { Ports } from '../core/ports.ts';

/**
 * The identity from the credential at the upgrade, if it is still valid.
 * @throws Failure that closes the socket
 */
export async function callerOf(
  ports: Ports,
  { connection, frame }: { readonly connection: Connection; readonly frame: Frame },
): Promise<SocketCaller> {
  const identity = await checkIdentity(ports, connection);
  return { identity, ip: connection.ip, connection: { ...connection, identity }, frame };
}
