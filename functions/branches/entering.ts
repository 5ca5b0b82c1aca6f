import type { SocketCaller } from '../core/caller.ts';
import type { Head } from '../core/channel/channel.ts';
import { remove } from '../core/channel/delivery.ts';
import { listen, listenersOf } from '../core/channel/listening.ts';
import { countMembership } from '../core/channel/log.ts';
import { findMember } from '../core/channel/members.ts';
import { Failure } from '../core/errors.ts';
import type { ChannelName, ConnectionId } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { branchesOf, noteBranch } from '../insts/branches.ts';
import type { OpenInst } from '../insts/open-inst.ts';
import { type BranchAddress, branchKind, channelOf, temporaryKind } from './address.ts';
import { specFor } from './channel.ts';
import { openToMake, ownHead } from './open-branch.ts';
import { entrant } from './watchers.ts';

/** The branch that a connection has joined. */
export interface Entered {
  readonly address: BranchAddress;
  readonly channel: ChannelName;
  /** A head that includes the new member. Writers deliver all updates with higher numbers to it. */
  readonly head: Head;
}

interface Entering {
  readonly temporary?: boolean | null | undefined;
  /** Markers of the inst, if it does not exist and is created. */
  readonly markers?: readonly string[] | null | undefined;
  /** The form in which it receives updates. */
  readonly form: string;
}

/**
 * Makes a connection a member of a branch's channel. Its content must be read afterwards.
 * @returns undefined when the connection is gone, or has stopped watching since
 * @throws Failure for unauthorized callers
 */
export async function enterBranch(
  ports: Ports,
  caller: SocketCaller,
  given: BranchAddress,
  { temporary, markers, form }: Entering,
): Promise<Entered | undefined> {
  const create = markers ? { markers } : {};
  const open = () => openToMake(ports, caller, given, { actions: ['read'], create });
  const { address, inst } = await open();
  const channel = channelOf(address, temporary ? temporaryKind : branchKind);
  // Notes the branch, so that it is erased with its inst, and found when watchers are counted.
  if (inst.maxConnections !== undefined) await noteBranch(ports, inst, channel);
  const entered = (await listen(ports, channel, entrant(caller, form))) ?? (await alreadyIn(ports, caller, channel));
  if (!entered) return undefined;
  await refuseTooMany(ports, caller, channel, inst);
  // Only if both agree: if the branch has another generation, that may be newer than the one that was opened.
  let known = entered.of === inst.generation ? entered.of : undefined;
  const head = await ownHead(ports, channel, entered, async () => {
    const generation = known ?? (await open()).inst.generation;
    known = undefined;
    return generation;
  });
  return head && { address, channel, head };
}

/**
 * A repeated request gets an answer again, in whatever order the requests are processed.
 * @returns the channel's head, if a later request of this connection has already joined it
 */
async function alreadyIn(ports: Ports, { connection }: SocketCaller, channel: ChannelName): Promise<Head | undefined> {
  return (await findMember(ports, channel, connection.id)) && countMembership(ports, channel);
}

/**
 * Refuses connections above the limit. Earlier members stay, and of concurrent ones only as many as allowed are
 * admitted.
 */
async function refuseTooMany(
  ports: Ports,
  { connection, frame }: SocketCaller,
  channel: ChannelName,
  inst: OpenInst,
): Promise<void> {
  const most = inst.maxConnections;
  if (most === undefined) return;
  const branches = await branchesOf(ports, inst);
  const watching = await Promise.all(branches.map((branch) => listenersOf(ports, branch)));
  const since = new Map<ConnectionId, number>();
  for (const { connectionId, enteredAt } of watching.flat()) {
    since.set(connectionId, Math.min(enteredAt, since.get(connectionId) ?? enteredAt));
  }
  const inOrder = [...since].sort(([a, at], [b, bt]) => at - bt || (a < b ? -1 : 1)).map(([id]) => id);
  if (inOrder.indexOf(connection.id) < most) return;
  await remove(ports, specFor(channel), channel, [connection.id], { at: frame.at, by: `refused:${frame.requestId}` });
  throw new Failure('subscription_limit_reached', `At most ${most} connections may watch this inst at a time.`);
}
