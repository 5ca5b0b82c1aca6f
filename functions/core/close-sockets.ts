import type { Credential } from './caller.ts';
import type { UserId } from './names.ts';
import type { Ports } from './ports.ts';

/**
 * Job of the fan-out function: close a user's sockets, either those of revoked sessions, those that one credential
 * opened, or all.
 */
export interface CloseSocketsBody {
  readonly userId: UserId;
  readonly credential?: Pick<Credential, 'kind' | 'id'>;
  /** All of them, whatever credential opened them. */
  readonly all?: true;
  /** The second look, at sockets that were being opened during the first one. */
  readonly isAgain?: true;
}

/** Queues a job that closes sockets of a user within seconds. */
export async function askToCloseSockets(
  { fanOut, ids }: Ports,
  { userId, credential, all }: CloseSocketsBody,
): Promise<void> {
  const body: CloseSocketsBody = {
    userId,
    ...(credential ? { credential: { kind: credential.kind, id: credential.id } } : {}),
    ...(all ? { all } : {}),
  };
  // Each has a group of its own: a user may revoke many credentials at once, and none of them waits for another.
  await fanOut.send([{ kind: 'close-sockets', group: `sockets:${ids.uuid()}`, id: ids.uuid(), body }]);
}
