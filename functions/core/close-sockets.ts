import type { Credential } from './caller.ts';
import { connectionsOf } from './connection-store.ts';
import type { ConnectionId, UserId } from './names.ts';
import type { Ports } from './ports.ts';

/** Sockets of a user, or only those that one credential opened; job of the fan-out function. */
export interface CloseSocketsBody {
  readonly userId: UserId;
  readonly credential?: Pick<Credential, 'kind' | 'id'>;
}

/** Has the sockets that one credential opened, or all of a user's, closed within seconds. */
export async function askToCloseSockets(
  { fanOut, ids }: Ports,
  { userId, credential }: CloseSocketsBody,
): Promise<void> {
  const body: CloseSocketsBody = {
    userId,
    ...(credential ? { credential: { kind: credential.kind, id: credential.id } } : {}),
  };
  await fanOut.send([{ kind: 'close-sockets', group: `sockets:${userId}`, id: ids.uuid(), body }]);
}

/** A socket that was being opened while its credential was revoked is in the index by then. */
const lookAgainAfterMs = 2_000;

/** Ends the sockets that a revoked credential has opened. */
export async function closeSockets(ports: Ports, { userId, credential }: CloseSocketsBody): Promise<void> {
  await closeAll(ports, await connectionsOf(ports, userId, credential));
  await ports.clock.wait(lookAgainAfterMs);
  await closeAll(ports, await connectionsOf(ports, userId, credential));
}

async function closeAll(ports: Ports, connections: readonly ConnectionId[]): Promise<void> {
  await Promise.all(connections.map((connection) => ports.gateway.close(connection, 'signedOut')));
}
