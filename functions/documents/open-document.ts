import { addressOf, branchKind, channelOf } from '../branches/address.ts';
import type { Caller } from '../core/caller.ts';
import type { Kept } from '../core/channel/kept.ts';
import { readKept } from '../core/channel/kept.ts';
import { readHead } from '../core/channel/log.ts';
import { Failure } from '../core/errors.ts';
import type { ChannelName } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import type { InstAction, OpenInst } from '../insts/open-inst.ts';
import { openInst } from '../insts/open-inst.ts';

/** The address of a branch in requests. */
export interface Place {
  readonly recordName?: string | null | undefined;
  readonly inst: string;
  readonly branch?: string | null | undefined;
}

/** A branch that the caller may read. */
export interface OpenDocument {
  readonly channel: ChannelName;
  readonly inst: OpenInst;
  /** Undefined while nothing has been written to it. */
  readonly kept: Kept | undefined;
}

/**
 * @returns undefined for a public inst that does not exist, which counts as empty
 * @throws Failure `inst_not_found`; for unauthorized callers as `openInst` does
 */
export async function openDocument(
  ports: Ports,
  caller: Caller,
  { recordName = null, inst: name, branch }: Place,
  actions: readonly InstAction[],
): Promise<OpenDocument | undefined> {
  const address = addressOf({ recordName, inst: name, branch: branch ?? 'default' });
  const inst = await openInst(ports, caller, address, { actions });
  if (!inst && recordName !== null) throw new Failure('inst_not_found', 'There is no such inst.');
  if (!inst) return undefined;
  const channel = channelOf(address, branchKind);
  const head = await readHead(ports, channel);
  // The existing head may belong to a deleted inst of the same name.
  const kept = head?.of === inst.generation ? await readKept(ports, channel, head) : undefined;
  return { channel, inst, kept };
}
