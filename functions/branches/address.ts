import { channelNamed, idIn } from '../core/channel-names.ts';
import { Failure } from '../core/errors.ts';
import type { ChannelName } from '../core/names.ts';

/** The address of a branch. */
export interface BranchAddress {
  readonly recordName: string | null;
  readonly inst: string;
  readonly branch: string;
}

/** Permanent and public branches. */
export const branchKind = 'branch';
/** Branches that live until their last watcher has left; separate from a permanent one of the same name. */
export const temporaryKind = 'temporary';

export const isTemporary = (channel: ChannelName): boolean => channel.startsWith(`${temporaryKind}:`);

export const isBranch = (channel: ChannelName): boolean => isTemporary(channel) || channel.startsWith(`${branchKind}:`);

/** A partition key has 2,048 bytes, and a channel's name is only part of it. */
const longestId = 1_900;

/** Names a channel of a branch. @throws Failure when its three names together are too long */
export function channelOf({ recordName, inst, branch }: BranchAddress, kind: string): ChannelName {
  const id = JSON.stringify([recordName, inst, branch]);
  if (Buffer.byteLength(id) > longestId) {
    throw new Failure(
      'unacceptable_request',
      `The names of record, inst and branch take more than ${longestId} bytes.`,
    );
  }
  return channelNamed(kind, id);
}

/** The branch whose channel it is. */
export function addressIn(channel: ChannelName): BranchAddress {
  // Only channelOf makes these names.
  const [recordName, inst, branch] = JSON.parse(idIn(channel)) as [string | null, string, string];
  return { recordName, inst, branch };
}

/** The branch in a message, without the message's other fields. */
export const addressOf = ({ recordName, inst, branch }: BranchAddress): BranchAddress => ({ recordName, inst, branch });
