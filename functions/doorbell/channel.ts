import type { ChannelSpec } from '../core/channel/channel.ts';
import { dropUnusedHead, listeningOnly } from '../core/channel/listening.ts';
import { channelNamed } from '../core/channel-names.ts';
import type { ChannelName, ConnectionId } from '../core/names.ts';
import { unwatch } from './watcher-store.ts';

/**
 * The channel of one connection's watched nodes. The connection is its only member, and its state lists the nodes, so
 * that removing the connection finds all of them. With one channel per node, a disconnect would have to leave a
 * thousand channels one by one.
 */
export const doorbellChannel: ChannelSpec = {
  ...listeningOnly('nodes'),
  async removed(ports, channel, removal) {
    for (const { connectionId, state } of removal.members) await unwatch(ports, connectionId, watchedIn(state).keys);
    await dropUnusedHead(ports, channel, removal);
  },
};

export const channelOf = (connection: ConnectionId): ChannelName => channelNamed(doorbellChannel.kind, connection);

/** The nodes that a connection may be watching. */
export interface Watched {
  readonly keys: readonly string[];
  /** Whether the watcher rows of all nodes are written; false during a change. */
  readonly settled: boolean;
}

export function watchedIn(state: string): Watched {
  const watched: Partial<Watched> = JSON.parse(state); // written by textOf
  return { keys: watched.keys ?? [], settled: watched.settled === true };
}

export const textOf = (watched: Watched): string => JSON.stringify(watched);
