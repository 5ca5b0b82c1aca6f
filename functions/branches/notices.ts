import { messageFrame } from '../core/big-frame.ts';
import { listenersOf, listeningOnly, tell } from '../core/channel/listening.ts';
import { findMember } from '../core/channel/members.ts';
import type { ChannelName, ConnectionId } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { addressIn, channelOf, isTemporary } from './address.ts';
import { stillAllowed } from './still-allowed.ts';
import { type Watcher, watcherIn } from './watchers.ts';

/** Notices of who comes to a branch and goes, for those who watch its devices: a channel of their own beside it. */

export const devicesChannel = listeningOnly('devices');

export const devicesOf = (channel: ChannelName): ChannelName => channelOf(addressIn(channel), devicesChannel.kind);

/** @param channel of the branch, temporary or not */
export function connectedFrame(ports: Ports, channel: ChannelName, watcher: Watcher): Promise<string> {
  const branch = { type: 'repo/watch_branch', ...addressIn(channel), temporary: isTemporary(channel) };
  const message = { type: 'repo/connected_to_branch', broadcast: false, branch, connection: watcher };
  return messageFrame(ports, JSON.stringify(message));
}

function disconnectedFrame(ports: Ports, channel: ChannelName, watcher: Watcher): Promise<string> {
  const message = {
    type: 'repo/disconnected_from_branch',
    broadcast: false,
    ...addressIn(channel),
    connection: watcher,
  };
  return messageFrame(ports, JSON.stringify(message));
}

interface Notice {
  /** The branch's, temporary or not. */
  readonly channel: ChannelName;
  readonly connection: ConnectionId;
  readonly watcher: Watcher;
  /** The request that it is about. */
  readonly id: string;
}

/** @returns whether there was anybody */
function tellDevices(ports: Ports, channel: ChannelName, frame: string, id: string): Promise<boolean> {
  const devices = devicesOf(channel);
  return tell(ports, devicesChannel, devices, frame, id, (listeners) => stillAllowed(ports, devices, listeners));
}

/** Nobody comes and goes more often than this within one notice. */
const mostTurns = 5;

export const tellConnected = (ports: Ports, notice: Notice): Promise<void> => tellUntilTrue(ports, notice, true);

export const tellDisconnected = (ports: Ports, notice: Notice): Promise<void> => tellUntilTrue(ports, notice, false);

/** Somebody who goes on watching has another name: for others one leaves, and one comes. */
export async function tellRenamed(ports: Ports, notice: Notice, before: Watcher): Promise<void> {
  const { channel, id } = notice;
  const frame = await disconnectedFrame(ports, channel, before);
  if (!(await tellDevices(ports, channel, frame, `renamed:${id}`))) return;
  await tellConnected(ports, notice);
  await tellOfNamesake(ports, { channel, watcher: before, id });
}

/**
 * A connection that leaves and comes back in one breath is announced by two requests at once, in any order. So each of them
 * looks once it has told, and tells what has become true meanwhile: whatever is heard last is how it is.
 */
async function tellUntilTrue(
  ports: Ports,
  { channel, connection, watcher, id }: Notice,
  isConnected: boolean,
): Promise<void> {
  let told = isConnected;
  for (let turn = 0; turn < mostTurns; turn++) {
    const frame = await (told ? connectedFrame : disconnectedFrame)(ports, channel, watcher);
    const heard = await tellDevices(ports, channel, frame, `notice:${turn}:${id}`);
    if (!heard) return;
    const isIn = (await findMember(ports, channel, connection)) !== undefined;
    if (isIn === told) break;
    told = isIn;
  }
  if (!told) await tellOfNamesake(ports, { channel, watcher, id });
}

/**
 * Clients know each other by the ids that they have chosen. Whoever has come back before the old socket was given up is there
 * under the id that has just been said to have left: so that is said as well.
 */
async function tellOfNamesake(ports: Ports, { channel, watcher, id }: Omit<Notice, 'connection'>): Promise<void> {
  const { connectionId } = watcher;
  const namesake = (await listenersOf(ports, channel)).find((one) => watcherIn(one).connectionId === connectionId);
  if (!namesake) return;
  const connection = namesake.connectionId;
  await tellConnected(ports, { channel, connection, watcher: watcherIn(namesake), id: `${connection}:${id}` });
}
