import type { CloseSocketsBody } from '../core/close-sockets.ts';
import { connectionsOf } from '../core/connection-store.ts';
import type { Ports } from '../core/ports.ts';
import { endSocket } from './end.ts';

/** A socket that was being opened while its credential was revoked is in the index by then. */
const lookAgainAfterMs = 2_000;

/** Ends the sockets that a revoked credential has opened; job of the fan-out function. */
export async function closeSockets(ports: Ports, body: CloseSocketsBody): Promise<void> {
  await closeAll(ports, body);
  await ports.clock.wait(lookAgainAfterMs);
  await closeAll(ports, body);
}

async function closeAll(ports: Ports, { userId, credential }: CloseSocketsBody): Promise<void> {
  const connections = await connectionsOf(ports, userId, credential);
  await Promise.all(connections.map((connection) => endSocket(ports, connection, 'signedOut')));
}
