import type { Credential } from './caller.ts';
import type { UserId } from './names.ts';
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
