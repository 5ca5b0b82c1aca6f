import { addressOf, branchKind, channelOf } from '../../functions/branches/address.ts';
import { append } from '../../functions/branches/updates.ts';
import { branded } from '../../functions/core/branded.ts';
import type { ChannelName, ConnectionId } from '../../functions/core/names.ts';
import type { Ports } from '../../functions/core/ports.ts';
import { making, open } from './insts.ts';
import type { SignedIn } from './world.ts';

interface Place {
  readonly recordName: string | null;
  readonly inst: string;
  readonly branch?: string | undefined;
}

/** The channel of a branch; `default` unless another is named. */
export function channelAt({ recordName, inst, branch = 'default' }: Place): ChannelName {
  return channelOf(addressOf({ recordName, inst, branch }), branchKind);
}

/** Writes to a branch as its capability does, and makes the inst if it is missing. @returns the number of the entry */
export async function writeToBranch(
  ports: Ports,
  as: SignedIn | undefined,
  place: Place,
  updates: readonly string[],
): Promise<number> {
  const inst = await open(ports, { as }, place.recordName, place.inst, making());
  const author = { from: branded<ConnectionId>('writer'), request: ports.ids.uuid() };
  const wrote = inst && (await append(ports, channelAt(place), inst, author, updates));
  if (wrote?.kind === 'foreign') {
    throw new Error('The branch is left over from another inst.');
  }
  if (wrote?.kind !== 'written') throw new Error(`Nothing was written: ${wrote?.kind}.`);
  return wrote.entry.sequence;
}
