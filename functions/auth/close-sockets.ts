import type { CloseSocketsBody } from '../connections/close-sockets.ts';
import type { Credential } from '../core/caller.ts';
import type { UserId } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';

/** Has the sockets that one credential opened, or all of a user's, closed within seconds. */
export async function closeSockets(
  { fanOut, ids }: Ports,
  userId: UserId,
  credential?: Pick<Credential, 'kind' | 'id'>,
): Promise<void> {
  const body: CloseSocketsBody = {
    userId,
    ...(credential ? { credential: { kind: credential.kind, id: credential.id } } : {}),
  };
  await fanOut.send([{ kind: 'close-sockets', group: `sockets:${userId}`, id: ids.uuid(), body }]);
}
