import { connectionsOf } from '../core/connection-store.ts';
import type { UserId } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';

/** Sockets of a user, or only those that one credential opened. */
export interface CloseSocketsBody {
  readonly userId: UserId;
  readonly credential?: { readonly kind: string; readonly id: string };
}

/** A socket that was being opened while its credential was revoked is in the index by then. */
const lookAgainAfterMs = 2_000;

/** Ends the sockets that a revoked credential has opened. */
export async function closeSockets(ports: Ports, { userId, credential }: CloseSocketsBody): Promise<void> {
  await closeAll(ports, await connectionsOf(ports, userId, credential));
  await ports.clock.wait(lookAgainAfterMs);
  await closeAll(ports, await connectionsOf(ports, userId, credential));
}

async function closeAll(ports: Ports, connections: Awaited<ReturnType<typeof connectionsOf>>): Promise<void> {
  await Promise.all(connections.map((connection) => ports.gateway.close(connection, 'signedOut')));
}
