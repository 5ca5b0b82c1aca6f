import type { SocketCaller } from '../core/caller.ts';
import type { Head } from '../core/channel/channel.ts';
import { startOver } from '../core/channel/document.ts';
import { readHead } from '../core/channel/log.ts';
import { Failure } from '../core/errors.ts';
import type { ChannelName } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { type OpenInst, openInst, type Wish } from '../insts/open-inst.ts';
import { addressOf, type BranchAddress, branchKind, channelOf, isTemporary, temporaryKind } from './address.ts';

/** A branch that was opened for one request. */
export interface OpenBranch {
  readonly address: BranchAddress;
  readonly channel: ChannelName;
  readonly inst: OpenInst;
}

/** The maximum age of a temporary branch; then it starts over. */
const temporaryLivesMs = 24 * 3_600_000;

/**
 * Opens a branch and authorizes the caller for these actions on its inst. If the caller watches the temporary branch of
 * this name, that one is meant.
 * @returns undefined when the inst does not exist, and is not to be created
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

/** The same, but creates the inst if it does not exist. */
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

/** The same for an inst that must exist. Public insts need not be created: a missing one counts as empty. */
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
 * Returns a branch's head for this generation of its inst. If the existing head belongs to a deleted inst of the same
 * name, or to an expired temporary branch, the branch starts over.
 * @param generation reads the inst's current generation, after the head was read
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
