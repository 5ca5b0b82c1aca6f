import { listeningOnly } from '../core/channel/listening.ts';
import { channelNamed } from '../core/channel-names.ts';
import type { ChannelName } from '../core/names.ts';
import { firstSegment } from './patterns.ts';

/**
 * The channels of event subscribers: one for each first segment of a pattern, which may be `*`. A connection's
 * interests in it are its subscriptions with their patterns; `about` is the signed-in user.
 */
export const topicsChannel = listeningOnly('topics');

/** The channel of patterns with this first segment. */
export const channelOf = (pattern: string): ChannelName => channelNamed(topicsChannel.kind, firstSegment(pattern));

/** The channels whose members may match a topic. */
export const channelsFor = (topic: string): readonly ChannelName[] => [...new Set([channelOf(topic), channelOf('*')])];

export const interestText = (subscriptionId: string, pattern: string): string => `${subscriptionId} ${pattern}`;

export function interestIn(text: string): { readonly subscriptionId: string; readonly pattern: string } {
  const space = text.indexOf(' ');
  return { subscriptionId: text.slice(0, space), pattern: text.slice(space + 1) };
}
