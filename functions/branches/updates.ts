import type { SocketCaller } from '../core/caller.ts';
import type { Entry, Head } from '../core/channel/channel.ts';
import { isDue } from '../core/channel/compaction.ts';
import type { Wrote } from '../core/channel/document.ts';
import { write } from '../core/channel/document.ts';
import { deliverEntry } from '../core/channel/entry-delivery.ts';
import { bytesOf } from '../core/channel/frames.ts';
import type { ChannelName } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { noteBranch } from '../insts/branches.ts';
import { keepInst } from '../insts/lifetime.ts';
import type { BranchAddress } from './address.ts';
import { specFor } from './channel.ts';
import { openToMake, ownHead } from './open-branch.ts';

/** Updates: stored, brought to everybody else who watches, and then acknowledged by whoever called, in this order. */

export type Added =
  /** `form` is the sender's own, if it watches. */
  | { readonly kind: 'added'; readonly sequence: number; readonly form: string | undefined }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'full'; readonly mostBytes: number; readonly neededBytes: number };

/**
 * Adds updates to a branch, which is made where it is missing. When this resolves they are kept, whatever happens.
 * @throws Failure for who may not
 */
export async function addUpdates(
  ports: Ports,
  caller: SocketCaller,
  given: BranchAddress,
  updates: readonly string[],
): Promise<Added> {
  const deeds = ['read', 'updateData'] as const;
  for (;;) {
    const { channel, inst } = await openToMake(ports, caller, given, { actions: deeds, create: {} });
    if (updates.length === 0) return { kind: 'nothing' };
    if (!(await keepInst(ports, inst))) continue;
    const wrote = await write(ports, specFor(channel), channel, {
      of: inst.generation,
      from: caller.connection.id,
      request: caller.frame.requestId,
      body: JSON.stringify(updates),
      mostBytes: inst.maxBranchBytes,
      note: () => noteBranch(ports, inst, channel),
    });
    if (wrote.kind === 'full') {
      return { kind: 'full', mostBytes: inst.maxBranchBytes ?? 0, neededBytes: wrote.neededBytes };
    }
    if (wrote.kind === 'foreign') {
      // Whatever was decided lately: going by an inst that is gone would take the branch back to it.
      await ownHead(ports, channel, wrote.head, async () => {
        return (await openToMake(ports, caller, given, { actions: deeds, create: {}, anew: true })).inst.generation;
      });
      continue;
    }
    await deliver(ports, channel, caller, wrote);
    const own = wrote.listeners.find((one) => one.connectionId === caller.connection.id);
    return { kind: 'added', sequence: wrote.entry.sequence, form: own?.form };
  }
}

async function deliver(
  ports: Ports,
  channel: ChannelName,
  { connection }: SocketCaller,
  { entry, head, listeners }: Extract<Wrote, { kind: 'written' }>,
): Promise<void> {
  const others = listeners.filter((one) => one.connectionId !== connection.id);
  await Promise.all([
    deliverEntry(ports, specFor(channel), channel, entry, others, head),
    seeToCompaction(ports, channel, head, entry),
  ]);
}

/** Somebody else merges what has gathered. Should it not come to that, the next hundred updates ask again. */
async function seeToCompaction(ports: Ports, channel: ChannelName, head: Head, entry: Entry): Promise<void> {
  if (!isDue(head, bytesOf(entry.body))) return;
  try {
    await ports.functions.start('documents', { job: 'compact', channel });
  } catch (cause) {
    ports.log.error('a branch stays as it is for now', cause, { channel });
  }
}
