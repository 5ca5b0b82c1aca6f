import { writeStateVector } from '../../client/update-difference.ts';
import { forms } from '../branches/channel.ts';
import { enterBranch } from '../branches/entering.ts';
import { tellConnected } from '../branches/notices.ts';
import { openToMake } from '../branches/open-branch.ts';
import { watcherOf } from '../branches/watchers.ts';
import { permit } from '../core/access.ts';
import type { Frame } from '../core/caller.ts';
import type { Connection } from '../core/connection.ts';
import type { Ports } from '../core/ports.ts';
import { tellShown } from './awareness.ts';
import { callerOf } from './caller.ts';
import { frameFor } from './frames.ts';
import { branchAt } from './path.ts';
import { final, readStateVectorOf } from './reading.ts';

/** A socket that is open, or about to be. */
interface Fresh {
  readonly connection: Connection;
  readonly frame: Frame;
  /** Posts a frame, after waiting until the socket is open. @returns false when it is gone */
  say(frame: string): Promise<boolean>;
}

/** @returns false when the socket is gone */
export type Opening = (ports: Ports, fresh: Fresh) => Promise<boolean>;

/**
 * Opens a socket's branch, and creates its inst if it does not exist. The server sends its state vector before the
 * connection joins the channel, because until its first frame a post could find it gone and remove it. The client gets
 * missing updates when it sends its own state vector, and its frames are not processed before this is done.
 * @throws FinalFailure for unauthorized callers
 */
export const open: Opening = async (ports, { connection, frame, say }) =>
  final(
    (async () => {
      const caller = await callerOf(ports, { connection, frame });
      permit({ caller: 'anyone', scope: 'read' }, caller, undefined, ports.settings);
      const branch = branchAt(connection.path);
      const opened = await openToMake(ports, caller, branch, { actions: ['read'], create: {} });
      const known = await readStateVectorOf(ports, opened);
      if (!(await say(await frameFor(ports, { kind: 'step1', stateVector: writeStateVector(known) })))) return false;
      const entered = await enterBranch(ports, caller, branch, { form: forms.yjs });
      if (!entered) return false;
      await tellShown(ports, connection, entered.channel);
      const { channel } = entered;
      await tellConnected(ports, {
        channel,
        connection: connection.id,
        watcher: watcherOf(caller),
        id: frame.requestId,
      });
      return true;
    })(),
  );
