import type { CloseSocketsBody } from '../connections/close-sockets.ts';
import type { UserId } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';

/** Has the sockets that a session opened, or all of a user's, closed within seconds. */
export async function closeSockets({ fanOut, ids }: Ports, userId: UserId, sessionId?: string): Promise<void> {
  const credential = sessionId === undefined ? {} : { credential: { kind: 'session', id: sessionId } };
  const body: CloseSocketsBody = { userId, ...credential };
  await fanOut.send([{ kind: 'close-sockets', group: `sockets:${userId}`, id: ids.uuid(), body }]);
}
