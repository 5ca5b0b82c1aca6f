import { identityBehind } from '../auth/valid-session.ts';
import { branded } from '../core/branded.ts';
import type { CloseSocketsBody } from '../core/close-sockets.ts';
import { together } from '../core/concurrently.ts';
import type { Connection } from '../core/connection.ts';
import { connectionsOf } from '../core/connection-store.ts';
import { Failure } from '../core/errors.ts';
import type { EpochMs } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { endSocket } from './end.ts';

/** A socket that was being opened while its credential was revoked is in the index by then. */
const lookAgainAfterMs = 2_000;

/** Ends the sockets that a revoked credential has opened; job of the fan-out function. */
export async function closeSockets(ports: Ports, body: CloseSocketsBody): Promise<void> {
  await closeAll(ports, body);
  if (body.isAgain) return;
  const at = branded<EpochMs>(ports.clock.now() + lookAgainAfterMs);
  await ports.reminders.set({ kind: 'close-sockets', at, body: { ...body, isAgain: true } satisfies CloseSocketsBody });
}

async function closeAll(ports: Ports, { userId, credential, all }: CloseSocketsBody): Promise<void> {
  const connections = await connectionsOf(ports, userId, credential);
  await together(
    connections.map(async (connection) => {
      if (!credential && !all && (await stillHolds(ports, connection))) return;
      await endSocket(ports, connection, 'signedOut');
    }),
  );
}

/** All sessions of the user were ended: one that was begun since goes on, and so does what is no session. */
async function stillHolds(ports: Ports, { identity }: Pick<Connection, 'identity'>): Promise<boolean> {
  if (identity?.credential.kind !== 'session') return true;
  const { userId, credential } = identity;
  const ended = () => new Failure('invalid_token', 'The session has ended.');
  try {
    await identityBehind(ports, userId, credential.id, { proves: () => true, refusal: ended });
    return true;
  } catch (thrown) {
    if (thrown instanceof Failure) return false;
    throw thrown;
  }
}
