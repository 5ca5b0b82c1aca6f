import { messageFrame } from '../core/big-frame.ts';
import { branded } from '../core/branded.ts';
import type { Frame, SocketCaller } from '../core/caller.ts';
import { remove } from '../core/channel/delivery.ts';
import { catchUp } from '../core/channel/join.ts';
import { entriesOf } from '../core/channel/kept.ts';
import { listen, listenersOf } from '../core/channel/listening.ts';
import { Failure } from '../core/errors.ts';
import type { ChannelName, ConnectionId, EpochMs } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { branchesOf, noteBranch } from '../insts/branches.ts';
import type { OpenInst } from '../insts/open-inst.ts';
import { addressOf, type BranchAddress, branchKind, channelOf, temporaryKind } from './address.ts';
import { branchChannel, forms, specFor, temporaryChannel, updatesMessage } from './channel.ts';
import { tellConnected } from './notices.ts';
import { openToMake, ownHead } from './open-branch.ts';
import { readForWatcher, updatesIn } from './reading.ts';
import { entrant, watcherOf } from './watchers.ts';

export interface Watching extends BranchAddress {
  readonly temporary?: boolean | null | undefined;
  readonly markers?: readonly string[] | null | undefined;
  readonly resume?: true | { readonly epoch: string; readonly sequence: number } | undefined;
}

/**
 * Brings a connection into a branch: it listens first and reads then, both strongly consistent, so that an update that is
 * stored meanwhile is in what it reads, or reaches it by its writer, or both.
 * @returns false when the connection is gone, or has stopped watching since
 * @throws Failure for who may not
 */
export async function watch(ports: Ports, caller: SocketCaller, watching: Watching): Promise<boolean> {
  const { temporary, markers, resume } = watching;
  const kind = temporary ? temporaryKind : branchKind;
  const create = markers ? { markers } : {};
  const open = () => openToMake(ports, caller, watching, { actions: ['read'], create });
  const { address, inst } = await open();
  const channel = channelOf(address, kind);
  const form = resume === undefined ? forms.casualos : forms.numbered;
  // Erased with the inst; and found when its watchers are counted.
  if (inst.maxConnections !== undefined) await noteBranch(ports, inst, channel);
  const entered = await listen(ports, channel, entrant(caller, form));
  if (!entered) return false;
  await refuseTooMany(ports, caller, channel, inst);
  // Only where both agree: if the branch is another inst's, it may be that of a later one than was opened.
  let known = entered.of === inst.generation ? entered.of : undefined;
  const head = await ownHead(ports, channel, entered, async () => {
    const generation = known ?? (await open()).inst.generation;
    known = undefined;
    return generation;
  });
  if (!head) return false;

  const place = typeof resume === 'object' && resume.epoch === head.epoch ? resume.sequence : undefined;
  const kept = await readForWatcher(ports, channel, head, place);
  const recovered = place !== undefined && !kept.snapshot && kept.head.start <= place;
  const updates = JSON.stringify(updatesIn(entriesOf(kept)).map(({ update }) => update));
  const position = resume === undefined ? {} : { epoch: head.epoch, sequence: kept.reached, recovered };
  const message = updatesMessage(address, updates, { initial: true, ...position });
  const [{ gone }] = await Promise.all([
    ports.gateway.post([caller.connection.id], await messageFrame(ports, message)),
    tellConnected(ports, channel, watcherOf(caller), caller.frame.requestId),
  ]);
  if (gone.length > 0) return false;
  const rest = { channel, connection: caller.connection.id, after: kept.reached, to: head.sequence, form };
  await catchUp(ports, specFor(channel), rest, kept.head);
  return true;
}

/** A connection stops watching, in whichever space of that name. A watch that was asked for later goes on. */
export async function unwatch(ports: Ports, { connection, frame }: SocketCaller, branch: BranchAddress): Promise<void> {
  const address = addressOf(branch);
  for (const spec of [branchChannel, temporaryChannel]) {
    await remove(ports, spec, channelOf(address, spec.kind), [connection.id], leaving(frame));
  }
}

/** Who has asked for both in the same millisecond asked to come back: that is the order in which clients ask. */
export function leaving({ at, requestId }: Frame) {
  return { at: branded<EpochMs>(at - 1), by: `unwatch:${requestId}`, unordered: true };
}

/** Those who came first stay: of many who come at once just so many are let in. */
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
