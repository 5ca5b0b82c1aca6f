import type { ChannelSpec } from '../core/channel/channel.ts';
import { listeningOnly } from '../core/channel/listening.ts';
import { channelNamed, idIn } from '../core/channel-names.ts';
import type { ChannelName } from '../core/names.ts';

const memoryKind = 'memory';

export const channelOf = (instanceId: string): ChannelName => channelNamed(memoryKind, instanceId);

/** The form of connections that edit the document and receive no keys. */
export const documentForm = 'yjs';
/** The instance of a channel; undefined for channels of other kinds. */
export const instanceOfChannel = (channel: ChannelName): string | undefined =>
  channel.startsWith(`${memoryKind}:`) ? idIn(channel) : undefined;

const { removed: _, ...listening } = listeningOnly(memoryKind);

/** The connections of an instance. The channel's head outlives them, because it holds the instance's last version. */
export const memoryChannel: ChannelSpec = listening;
