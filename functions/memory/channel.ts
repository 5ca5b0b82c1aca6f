import type { ChannelSpec } from '../core/channel/channel.ts';
import { listeningOnly } from '../core/channel/listening.ts';
import { channelNamed } from '../core/channel-names.ts';
import type { ChannelName } from '../core/names.ts';

const memoryKind = 'memory';

export const channelOf = (instanceId: string): ChannelName => channelNamed(memoryKind, instanceId);

/** Of connections that edit the document, and do not listen to keys. */
export const documentForm = 'yjs';

const { removed: _, ...listening } = listeningOnly(memoryKind);

/** The connections of an instance. Its head stays when they have gone: it has the instance's last version. */
export const memoryChannel: ChannelSpec = listening;
