import { listeningOnly } from '../core/channel/listening.ts';
import { channelNamed } from '../core/channel-names.ts';
import type { ChannelName } from '../core/names.ts';
import { firstSegment } from './patterns.ts';

/**
 * Who listens for events: a channel for each first segment of a pattern, which may be `*`. A connection's interests in it
 * are its subscriptions, each with its pattern; `about` is who is signed in over it.
 */
export const topicsChannel = listeningOnly('topics');

/** Where those are whose patterns begin like this one. */
export const channelOf = (pattern: string): ChannelName => channelNamed(topicsChannel.kind, firstSegment(pattern));

/** Where those are whom an event of a topic may concern. */
export const channelsFor = (topic: string): readonly ChannelName[] => [...new Set([channelOf(topic), channelOf('*')])];

export const interestText = (subscriptionId: string, pattern: string): string => `${subscriptionId} ${pattern}`;

export function interestIn(text: string): { readonly subscriptionId: string; readonly pattern: string } {
  const space = text.indexOf(' ');
  return { subscriptionId: text.slice(0, space), pattern: text.slice(space + 1) };
}
