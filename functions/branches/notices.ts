import { messageFrame } from '../core/big-frame.ts';
import { listenersOf, listeningOnly, tell } from '../core/channel/listening.ts';
import { findMember } from '../core/channel/members.ts';
import type { ChannelName, ConnectionId } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { addressIn, channelOf, isTemporary } from './address.ts';
import { stillAllowed } from './still-allowed.ts';
import { type Watcher, watcherIn } from './watchers.ts';

/**
 * Notices of watchers who come and go, for subscribers of a branch's devices, who are members of a separate channel.
 */

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
  /** The branch's channel, temporary or not. */
  readonly channel: ChannelName;
  readonly connection: ConnectionId;
  readonly watcher: Watcher;
  /** The request that caused the notice. */
  readonly id: string;
}

/** @returns whether there were any subscribers */
function tellDevices(ports: Ports, channel: ChannelName, frame: string, id: string): Promise<boolean> {
  const devices = devicesOf(channel);
  return tell(ports, devicesChannel, devices, frame, id, (listeners) => stillAllowed(ports, devices, listeners));
}

/** Bounds the corrections of one notice. */
const mostTurns = 5;

export const tellConnected = (ports: Ports, notice: Notice): Promise<void> => tellUntilTrue(ports, notice, true);

export const tellDisconnected = (ports: Ports, notice: Notice): Promise<void> => tellUntilTrue(ports, notice, false);

/** A watcher has a new name: subscribers see one watcher leave and another come. */
export async function tellRenamed(ports: Ports, notice: Notice, before: Watcher): Promise<void> {
  const { channel, id } = notice;
  const frame = await disconnectedFrame(ports, channel, before);
  if (!(await tellDevices(ports, channel, frame, `renamed:${id}`))) return;
  await tellConnected(ports, notice);
  await tellOfNamesake(ports, { channel, watcher: before, id });
}

/**
 * If a connection leaves and comes back at once, two requests announce it concurrently, in any order. So each of them
 * checks after its notice, and sends another one if the state has changed meanwhile. The last notice is then correct.
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
 * Clients know each other by the ids that they have chosen. A client that has reconnected before its old socket was
 * closed has the id that was just announced as gone, so its presence is announced again.
 */
async function tellOfNamesake(ports: Ports, { channel, watcher, id }: Omit<Notice, 'connection'>): Promise<void> {
  const { connectionId } = watcher;
  const namesake = (await listenersOf(ports, channel)).find((one) => watcherIn(one).connectionId === connectionId);
  if (!namesake) return;
  const connection = namesake.connectionId;
  await tellConnected(ports, { channel, connection, watcher: watcherIn(namesake), id: `${connection}:${id}` });
}
