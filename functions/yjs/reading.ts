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

/** What is kept of a branch, for those who say in a state vector what they know of it. */

const wish = { actions: ['read'], often: true } as const;

/**
 * The branch for who may read it, as decided at most two seconds ago.
 * @returns undefined when its inst is gone
 * @throws FinalFailure for who may not: there is nothing else to do here
 */
export async function openToRead(
  ports: Ports,
  caller: SocketCaller,
  branch: BranchAddress,
): Promise<OpenBranch | undefined> {
  return final(openBranch(ports, caller, branch, wish));
}

/** Whoever is refused is told so and has to go. */
export async function final<T>(attempt: Promise<T>): Promise<T> {
  try {
    return await attempt;
  } catch (thrown) {
    if (!(thrown instanceof Failure)) throw thrown;
    throw new FinalFailure(thrown, closingReason(thrown) ?? 'notAllowed');
  }
}

/** All that is kept and makes sense, as one update. */
export async function readWhole(ports: Ports, { channel, inst }: OpenBranch): Promise<YjsUpdate> {
  return wholeOf(await readBranch(ports, channel, inst.generation));
}

const wholeOf = (kept: readonly { readonly update: string }[]): YjsUpdate =>
  together(kept.flatMap(({ update }) => readable(update)?.update ?? []));

/** What we know, so that a client can tell what we lack. */
export async function readStateVectorOf(ports: Ports, branch: OpenBranch): Promise<StateVector> {
  return stateVectorOf([await readWhole(ports, branch)]);
}

/**
 * Tells a watcher what it lacks, and nothing else. It listens already: what is stored from now on reaches it by its writer,
 * what is just being written is waited for, here or by the fan-out function.
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
