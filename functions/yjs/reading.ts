import { differenceTo, type StateVector, stateVectorOf } from '../../client/update-difference.ts';
import type { YjsUpdate } from '../../client/yjs-update.ts';
import type { BranchAddress } from '../branches/address.ts';
import { forms, specFor } from '../branches/channel.ts';
import { type OpenBranch, openBranch } from '../branches/open-branch.ts';
import { readBranch, readForWatcher, updatesIn } from '../branches/reading.ts';
import type { SocketCaller } from '../core/caller.ts';
import { catchUp } from '../core/channel/join.ts';
import { entriesOf } from '../core/channel/kept.ts';
import { readHead } from '../core/channel/log.ts';
import { closingReason, Failure, FinalFailure } from '../core/errors.ts';
import type { Ports } from '../core/ports.ts';
import { readable } from '../documents/readable.ts';
import { updateFrames } from './frames.ts';
import { together } from './together.ts';

/** Reads a branch for clients that send a state vector. */

const wish = { actions: ['read'], often: true } as const;

/**
 * Opens the branch for a caller with permission to read it, checked at most two seconds ago.
 * @returns undefined when its inst is gone
 * @throws FinalFailure for unauthorized callers, whose socket has no other use
 */
export async function openToRead(
  ports: Ports,
  caller: SocketCaller,
  branch: BranchAddress,
): Promise<OpenBranch | undefined> {
  return final(openBranch(ports, caller, branch, wish));
}

/** Turns a refusal into one that closes the socket. */
export async function final<T>(attempt: Promise<T>): Promise<T> {
  try {
    return await attempt;
  } catch (thrown) {
    if (!(thrown instanceof Failure)) throw thrown;
    throw new FinalFailure(thrown, closingReason(thrown) ?? 'notAllowed');
  }
}

/** All stored and readable updates, merged into one. */
export async function readWhole(ports: Ports, { channel, inst }: OpenBranch): Promise<YjsUpdate> {
  return wholeOf(await readBranch(ports, channel, inst.generation));
}

const wholeOf = (kept: readonly { readonly update: string }[]): YjsUpdate =>
  together(kept.flatMap(({ update }) => readable(update)?.update ?? []));

/** The server's state vector, so that a client can send what the server lacks. */
export async function readStateVectorOf(ports: Ports, branch: OpenBranch): Promise<StateVector> {
  return stateVectorOf([await readWhole(ports, branch)]);
}

/**
 * Sends a watcher exactly the updates that it lacks. It is already a member, so writers deliver later updates to it.
 * Updates that are being written are waited for, here or by the fan-out function.
 */
export async function tellNews(
  ports: Ports,
  { connection }: SocketCaller,
  { channel, inst }: OpenBranch,
  known: StateVector,
): Promise<void> {
  const head = await readHead(ports, channel);
  const kept = head?.of === inst.generation ? await readForWatcher(ports, channel, head, undefined) : undefined;
  const whole = wholeOf(kept ? updatesIn(entriesOf(kept)) : []);
  const news = differenceTo(known, whole) ?? { structs: [], deletions: [] };
  for (const frame of await updateFrames(ports, news, 'step2')) {
    const { gone } = await ports.gateway.post([connection.id], frame);
    if (gone.length > 0) return;
  }
  if (!head || !kept) return;
  const rest = { channel, connection: connection.id, after: kept.reached, to: head.sequence, form: forms.yjs };
  await catchUp(ports, specFor(channel), rest, kept.head);
}
