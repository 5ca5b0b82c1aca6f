import { messageFrame } from '../core/big-frame.ts';
import { listeningOnly, tell } from '../core/channel/listening.ts';
import type { ChannelName } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { addressIn, channelOf, isTemporary } from './address.ts';
import type { Watcher } from './watchers.ts';

/** Notices of who comes to a branch and goes, for those who watch its devices: a channel of their own beside it. */

export const devicesChannel = listeningOnly('devices');

export const devicesOf = (channel: ChannelName): ChannelName => channelOf(addressIn(channel), devicesChannel.kind);

/** @param channel of the branch, temporary or not */
export function connectedFrame(ports: Ports, channel: ChannelName, watcher: Watcher): Promise<string> {
  const branch = { type: 'repo/watch_branch', ...addressIn(channel), temporary: isTemporary(channel) };
  const message = { type: 'repo/connected_to_branch', broadcast: false, branch, connection: watcher };
  return messageFrame(ports, JSON.stringify(message));
}

export async function tellConnected(ports: Ports, channel: ChannelName, watcher: Watcher, id: string): Promise<void> {
  const frame = await connectedFrame(ports, channel, watcher);
  await tell(ports, devicesChannel, devicesOf(channel), frame, `connected:${id}`);
}

export async function tellDisconnected(
  ports: Ports,
  channel: ChannelName,
  watcher: Watcher,
  id: string,
): Promise<void> {
  const message = {
    type: 'repo/disconnected_from_branch',
    broadcast: false,
    ...addressIn(channel),
    connection: watcher,
  };
  const frame = await messageFrame(ports, JSON.stringify(message));
  await tell(ports, devicesChannel, devicesOf(channel), frame, `disconnected:${id}`);
}
