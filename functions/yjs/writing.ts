import { differenceTo, stateVectorOf } from '../../client/update-difference.ts';
import { writeUpdate, type YjsUpdate } from '../../client/yjs-update.ts';
import type { BranchAddress } from '../branches/address.ts';
import type { OpenBranch } from '../branches/open-branch.ts';
import { addUpdates } from '../branches/updates.ts';
import { permit } from '../core/access.ts';
import { base64 } from '../core/base64.ts';
import type { SocketCaller } from '../core/caller.ts';
import { Failure } from '../core/errors.ts';
import type { Ports } from '../core/ports.ts';
import { covers } from '../documents/coverage.ts';
import { openToRead, readWhole } from './reading.ts';

/**
 * Stores clients' updates. Clients that may read but not write stay connected, and each of their updates is refused.
 */

/**
 * Stores a client's answer to the server's state vector. A client that reconnects sends all deletions again, so mostly
 * nothing in it is new.
 * @param opened the branch, if it exists
 */
export async function addLacking(
  ports: Ports,
  caller: SocketCaller,
  branch: BranchAddress,
  opened: OpenBranch | undefined,
  update: YjsUpdate,
): Promise<void> {
  const whole = opened && (await readWhole(ports, opened));
  if (whole && covers(whole, [update])) return;
  const known = stateVectorOf(whole ? [whole] : []);
  await add(ports, caller, branch, differenceTo(known, update) ?? update);
}

/**
 * Stores an update and broadcasts it. Empty updates are not stored.
 * @throws Failure for unauthorized callers, or `max_size_reached`
 */
export async function add(ports: Ports, caller: SocketCaller, branch: BranchAddress, update: YjsUpdate): Promise<void> {
  if (update.structs.length + update.deletions.length === 0) return;
  try {
    permit({ caller: 'anyone', scope: 'write' }, caller, undefined, ports.settings);
    const added = await addUpdates(ports, caller, branch, [base64(writeUpdate(update))]);
    if (added.kind !== 'full') return;
  } catch (thrown) {
    // Closes the socket if the caller may not even read any more.
    if (thrown instanceof Failure) await openToRead(ports, caller, branch);
    throw thrown;
  }
  throw new Failure('max_size_reached', 'The branch has no room for that.');
}
