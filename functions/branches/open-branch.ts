import type { SocketCaller } from '../core/caller.ts';
import type { Head } from '../core/channel/channel.ts';
import { startOver } from '../core/channel/document.ts';
import { readHead } from '../core/channel/log.ts';
import { Failure } from '../core/errors.ts';
import type { ChannelName } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { type OpenInst, openInst, type Wish } from '../insts/open-inst.ts';
import { addressOf, type BranchAddress, branchKind, channelOf, isTemporary, temporaryKind } from './address.ts';

/** A branch as one request sees it. */
export interface OpenBranch {
  readonly address: BranchAddress;
  readonly channel: ChannelName;
  readonly inst: OpenInst;
}

/** A temporary branch that is watched for longer starts over. */
const temporaryLivesMs = 24 * 3_600_000;

/**
 * The branch that a caller means, with its inst opened for these deeds. Of two spaces it is the temporary one that is meant
 * by who watches it.
 * @returns undefined when there is no such inst, and none was to be made
 */
export async function openBranch(
  ports: Ports,
  caller: SocketCaller,
  given: BranchAddress,
  wish: Wish,
): Promise<OpenBranch | undefined> {
  const address = addressOf(given);
  const temporary = channelOf(address, temporaryKind);
  const channel = caller.connection.channels.has(temporary) ? temporary : channelOf(address, branchKind);
  const inst = await openInst(ports, caller, address, wish);
  return inst && { address, channel, inst };
}

/** The same for who makes the inst where it is missing. */
export async function openToMake(
  ports: Ports,
  caller: SocketCaller,
  given: BranchAddress,
  wish: Wish & Required<Pick<Wish, 'create'>>,
): Promise<OpenBranch> {
  const opened = await openBranch(ports, caller, given, wish);
  if (!opened) throw new Error('an inst that was to be made is missing');
  return opened;
}

/** The same for who needs one that exists. A public inst is nobody's making: where nothing is, there is an empty one. */
export async function openExisting(
  ports: Ports,
  caller: SocketCaller,
  given: BranchAddress,
  wish: Pick<Wish, 'actions'>,
): Promise<OpenBranch | undefined> {
  const opened = await openBranch(ports, caller, given, wish);
  if (!opened && given.recordName !== null) throw new Failure('inst_not_found', 'There is no such inst.');
  return opened;
}

/**
 * A branch's head as that of this inst. What stands there may be left over from an inst of the same name that is gone, or
 * from a temporary branch that is over: then it starts over.
 * @param generation asks for the inst's, as it is now: read after the head, and not what was known before
 */
export async function ownHead(
  ports: Ports,
  channel: ChannelName,
  head: Head,
  generation: () => Promise<string>,
): Promise<Head | undefined> {
  let seen: Head | undefined = head;
  while (seen) {
    const of = await generation();
    if ((seen.of === undefined || seen.of === of) && !hasOutlived(ports, channel, seen)) return seen;
    seen = (await startOver(ports, channel, seen, of)) ?? (await readHead(ports, channel));
  }
  return undefined;
}

function hasOutlived({ clock }: Ports, channel: ChannelName, { startedAt }: Head): boolean {
  return isTemporary(channel) && startedAt !== undefined && startedAt + temporaryLivesMs <= clock.now();
}
