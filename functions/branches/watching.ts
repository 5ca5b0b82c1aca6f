import { messageFrame } from '../core/big-frame.ts';
import { branded } from '../core/branded.ts';
import type { Frame, SocketCaller } from '../core/caller.ts';
import { remove } from '../core/channel/delivery.ts';
import { catchUp } from '../core/channel/join.ts';
import { entriesOf } from '../core/channel/kept.ts';
import { together } from '../core/concurrently.ts';
import type { EpochMs } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { addressOf, type BranchAddress, channelOf } from './address.ts';
import { branchChannel, forms, specFor, temporaryChannel, updatesMessage } from './channel.ts';
import { enterBranch } from './entering.ts';
import { tellConnected } from './notices.ts';
import { readForWatcher, updatesIn } from './reading.ts';
import { watcherOf } from './watchers.ts';

export interface Watching extends BranchAddress {
  readonly temporary?: boolean | null | undefined;
  readonly markers?: readonly string[] | null | undefined;
  readonly resume?: true | { readonly epoch: string; readonly sequence: number } | undefined;
}

/**
 * Makes a connection a watcher of a branch: it first joins the channel and then reads, both strongly consistent. So an
 * update that is stored meanwhile is in the content it reads, or its writer delivers it, or both.
 * @returns false when the connection is gone, or has stopped watching since
 * @throws Failure for unauthorized callers
 */
export async function watch(ports: Ports, caller: SocketCaller, watching: Watching): Promise<boolean> {
  const { temporary, markers, resume } = watching;
  const form = resume === undefined ? forms.casualos : forms.numbered;
  const entered = await enterBranch(ports, caller, watching, { temporary, markers, form });
  if (!entered) return false;
  const { address, channel, head } = entered;
  const connection = caller.connection.id;

  const isKnown = typeof resume === 'object' && resume.epoch === head.epoch && resume.sequence <= head.sequence;
  const place = isKnown ? resume.sequence : undefined;
  const kept = await readForWatcher(ports, channel, head, place);
  const recovered = place !== undefined && !kept.snapshot && kept.head.start <= place;
  const updates = JSON.stringify(updatesIn(entriesOf(kept)).map(({ update }) => update));
  const position = resume === undefined ? {} : { epoch: head.epoch, sequence: kept.reached, recovered };
  const message = updatesMessage(address, updates, { initial: true, ...position });
  const [{ gone }] = await together([
    ports.gateway.post([connection], await messageFrame(ports, message)),
    tellConnected(ports, { channel, connection, watcher: watcherOf(caller), id: caller.frame.requestId }),
  ]);
  if (gone.length > 0) return false;
  const rest = { channel, connection, after: kept.reached, to: head.sequence, form };
  await catchUp(ports, specFor(channel), rest, kept.head);
  return true;
}

/** Ends the watching of a branch, permanent and temporary. A watch that was sent later continues. */
export async function unwatch(ports: Ports, { connection, frame }: SocketCaller, branch: BranchAddress): Promise<void> {
  const address = addressOf(branch);
  for (const spec of [branchChannel, temporaryChannel]) {
    await remove(ports, spec, channelOf(address, spec.kind), [connection.id], leaving(frame));
  }
}

/** If a client sent both within a millisecond, it wants to watch again: clients send them in this order. */
export function leaving({ at, requestId }: Frame) {
  return { at: branded<EpochMs>(at - 1), by: `unwatch:${requestId}`, unordered: true };
}
