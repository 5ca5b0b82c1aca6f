import type { Credential } from './caller.ts';
import type { UserId } from './names.ts';
import type { Ports } from './ports.ts';

/**
 * Sockets of a user whose sessions were ended, or those that one credential opened, or all of them; job of the fan-out
 * function.
 */
export interface CloseSocketsBody {
  readonly userId: UserId;
  readonly credential?: Pick<Credential, 'kind' | 'id'>;
  /** Whatever they were opened with. */
  readonly all?: true;
  /** The second look, at sockets that were being opened during the first one. */
  readonly isAgain?: true;
}

/** Has sockets of a user closed within seconds. */
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
