import type { ChannelName } from './names.ts';

/** A channel's name: its kind, a colon, and its id in that kind, which may be any text. */
export const channelNamed = (kind: string, id: string): ChannelName => `${kind}:${id}`;

/** The id without the kind. */
export const idIn = (channel: ChannelName): string => channel.slice(channel.indexOf(':') + 1);

/** Those of one kind. */
export function channelsOf(kind: string, channels: Iterable<ChannelName>): ChannelName[] {
  return [...channels].filter((channel) => channel.startsWith(`${kind}:`));
}
