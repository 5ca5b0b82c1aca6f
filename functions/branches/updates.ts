import type { SocketCaller } from '../core/caller.ts';
import type { Entry, Head } from '../core/channel/channel.ts';
import { isDue } from '../core/channel/compaction.ts';
import type { Wrote } from '../core/channel/document.ts';
import { write } from '../core/channel/document.ts';
import { deliverEntry } from '../core/channel/entry-delivery.ts';
import { bytesOf } from '../core/channel/frames.ts';
import { together } from '../core/concurrently.ts';
import type { ChannelName, ConnectionId } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { noteBranch } from '../insts/branches.ts';
import { keepInst } from '../insts/lifetime.ts';
import type { OpenInst } from '../insts/open-inst.ts';
import type { BranchAddress } from './address.ts';
import { specFor } from './channel.ts';
import { openToMake, ownHead } from './open-branch.ts';
import { stillAllowed } from './still-allowed.ts';

/**
 * Updates are stored, broadcast to all other watchers, and then acknowledged by the caller of these functions, in this
 * order.
 */

export type Added =
  /** `form` is the sender's own form, if it watches. */
  | { readonly kind: 'added'; readonly sequence: number; readonly form: string | undefined }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'full'; readonly mostBytes: number; readonly neededBytes: number };

/**
 * Adds updates to a branch, which is created if it does not exist. When this resolves they are durable.
 * @throws Failure for unauthorized callers
 */
export async function addUpdates(
  ports: Ports,
  caller: SocketCaller,
  given: BranchAddress,
  updates: readonly string[],
): Promise<Added> {
  const deeds = ['read', 'updateData'] as const;
  const { connection, frame } = caller;
  for (;;) {
    const { channel, inst } = await openToMake(ports, caller, given, { actions: deeds, create: {} });
    if (updates.length === 0) return { kind: 'nothing' };
    const author = { from: connection.id, request: frame.requestId };
    const wrote = await append(ports, channel, inst, author, updates);
    if (wrote.kind === 'gone') continue;
    if (wrote.kind === 'full') {
      return { kind: 'full', mostBytes: inst.maxBranchBytes ?? 0, neededBytes: wrote.neededBytes };
    }
    if (wrote.kind === 'foreign') {
      // Reads the generation again, without cached decisions: a deleted inst's generation would reset the branch to it.
      await ownHead(ports, channel, wrote.head, async () => {
        return (await openToMake(ports, caller, given, { actions: deeds, create: {}, anew: true })).inst.generation;
      });
      continue;
    }
    await together([
      deliver(ports, channel, wrote, connection.id),
      seeToCompaction(ports, channel, wrote.head, wrote.entry),
    ]);
    const own = wrote.listeners.find((one) => one.connectionId === connection.id);
    return { kind: 'added', sequence: wrote.entry.sequence, form: own?.form };
  }
}

export type Written = Extract<Wrote, { kind: 'written' }>;

/**
 * Stores updates in a branch that was opened for writing, without delivering them.
 * @returns `gone` or `foreign` if the inst was deleted after it was opened
 */
export async function append(
  ports: Ports,
  channel: ChannelName,
  inst: OpenInst,
  author: { readonly from: ConnectionId; readonly request: string },
  updates: readonly string[],
): Promise<Wrote | { readonly kind: 'gone' }> {
  if (!(await keepInst(ports, inst))) return { kind: 'gone' };
  return write(ports, specFor(channel), channel, {
    ...author,
    of: inst.generation,
    body: JSON.stringify(updates),
    mostBytes: inst.maxBranchBytes,
    note: () => noteBranch(ports, inst, channel),
  });
}

/** Delivers updates to all watchers who still may read the branch, except those who already have them. */
export async function deliver(
  ports: Ports,
  channel: ChannelName,
  { entry, head, listeners }: Written,
  but?: ConnectionId,
): Promise<void> {
  const others = await stillAllowed(
    ports,
    channel,
    listeners.filter((one) => one.connectionId !== but),
  );
  await deliverEntry(ports, specFor(channel), channel, entry, others, head);
}

/** Starts a compaction in another function if it is due. If that fails, a later update starts it again. */
async function seeToCompaction(ports: Ports, channel: ChannelName, head: Head, entry: Entry): Promise<void> {
  if (!isDue(head, bytesOf(entry.body))) return;
  try {
    await ports.functions.start('documents', { job: 'compact', channel });
  } catch (cause) {
    ports.log.error('a branch stays as it is for now', cause, { channel });
  }
}
