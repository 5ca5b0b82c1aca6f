import type { SocketCaller } from '../core/caller.ts';
import { remove } from '../core/channel/delivery.ts';
import { listen, listenersOf } from '../core/channel/listening.ts';
import { countConnections } from '../core/connection-count.ts';
import type { Ports } from '../core/ports.ts';
import { addressOf, type BranchAddress, branchKind, channelOf, temporaryKind } from './address.ts';
import { connectedFrame, devicesChannel, devicesOf } from './notices.ts';
import { openExisting } from './open-branch.ts';
import { entrant, watcherIn } from './watchers.ts';
import { leaving } from './watching.ts';

/** The presence of a branch: which connections watch it. Subscribing to it does not count as watching. */

export async function watchDevices(ports: Ports, caller: SocketCaller, branch: BranchAddress): Promise<void> {
  await openExisting(ports, caller, branch, { actions: ['read'] });
  const address = addressOf(branch);
  const channel = channelOf(address, branchKind);
  // Subscribes first, so that a watcher who comes meanwhile is announced twice rather than never.
  if (!(await listen(ports, devicesOf(channel), entrant(caller, 'casualos')))) return;
  for (const space of [channel, channelOf(address, temporaryKind)]) {
    for (const watcher of await listenersOf(ports, space)) {
      const { gone } = await ports.gateway.post(
        [caller.connection.id],
        await connectedFrame(ports, space, watcherIn(watcher)),
      );
      if (gone.length > 0) return;
    }
  }
}

export async function unwatchDevices(
  ports: Ports,
  { connection, frame }: SocketCaller,
  branch: BranchAddress,
): Promise<void> {
  const channel = devicesOf(channelOf(addressOf(branch), branchKind));
  await remove(ports, devicesChannel, channel, [connection.id], leaving(frame));
}

interface Counting {
  readonly recordName?: string | null | undefined;
  readonly inst?: string | null | undefined;
  readonly branch?: string | null | undefined;
}

/** Counts the watchers of a branch; without one, all connections. */
export async function count(ports: Ports, caller: SocketCaller, input: Counting): Promise<number> {
  const { recordName = null, inst, branch } = input;
  if (typeof inst !== 'string') return countConnections(ports);
  const named = { recordName, inst, branch: branch ?? '' };
  await openExisting(ports, caller, named, { actions: ['read'] });
  if (typeof branch !== 'string') return countConnections(ports);
  const address = addressOf({ ...named, branch });
  const spaces = [branchKind, temporaryKind].map((kind) => listenersOf(ports, channelOf(address, kind)));
  const watchers = new Set((await Promise.all(spaces)).flat().map((one) => one.connectionId));
  return watchers.size;
}
