import type { ChannelSpec } from '../core/channel/channel.ts';
import { dropUnusedHead, listeningOnly } from '../core/channel/listening.ts';
import { channelNamed } from '../core/channel-names.ts';
import type { ChannelName, ConnectionId } from '../core/names.ts';
import { unwatch } from './watcher-store.ts';

/**
 * What one connection watches: it is the only member, and its state lists the nodes, so that whatever takes the connection
 * away finds them all. A channel for each node would have to be left one after another, a thousand times.
 */
export const doorbellChannel: ChannelSpec = {
  ...listeningOnly('nodes'),
  async removed(ports, channel, removal) {
    for (const { connectionId, state } of removal.members) await unwatch(ports, connectionId, watchedIn(state).keys);
    await dropUnusedHead(ports, channel, removal);
  },
};

export const channelOf = (connection: ConnectionId): ChannelName => channelNamed(doorbellChannel.kind, connection);

/** The nodes that a connection may be among the watchers of. */
export interface Watched {
  readonly keys: readonly string[];
  /** It is among those of all of them; false while somebody is at it. */
  readonly settled: boolean;
}

export function watchedIn(state: string): Watched {
  const watched: Partial<Watched> = JSON.parse(state); // written by textOf
  return { keys: watched.keys ?? [], settled: watched.settled === true };
}

export const textOf = (watched: Watched): string => JSON.stringify(watched);
