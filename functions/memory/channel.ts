import type { ChannelSpec } from '../core/channel/channel.ts';
import { listeningOnly } from '../core/channel/listening.ts';
import { channelNamed, idIn } from '../core/channel-names.ts';
import type { ChannelName } from '../core/names.ts';

const memoryKind = 'memory';

export const channelOf = (instanceId: string): ChannelName => channelNamed(memoryKind, instanceId);

/** Of connections that edit the document, and do not listen to keys. */
export const documentForm = 'yjs';
/** Whose channel it is; undefined for channels of other kinds. */
export const instanceOfChannel = (channel: ChannelName): string | undefined =>
  channel.startsWith(`${memoryKind}:`) ? idIn(channel) : undefined;

const { removed: _, ...listening } = listeningOnly(memoryKind);

/** The connections of an instance. Its head stays when they have gone: it has the instance's last version. */
export const memoryChannel: ChannelSpec = listening;
