import { canonical, hashOf } from '../core/canonical.ts';
import { at } from '../core/own.ts';
import type { EventMatcher, TemporalPattern } from '../core/rule-definition.ts';
import type { RuleEvent } from './event.ts';
import { matchesTopic } from './patterns.ts';

/** An event that a pattern has matched, with its name in the pattern. */
export interface MatchedEvent {
  readonly event: RuleEvent;
  readonly as?: string;
}

/** Longer values of `groupBy` are replaced by their hashes. */
const maxGroupLength = 200;

/** Whether the topic fits, and every path of the filter leads to a value that is strictly equal. */
export function isMatch({ topic, filter = {} }: EventMatcher, event: RuleEvent): boolean {
  return (
    matchesTopic(topic, event.topic) &&
    Object.entries(filter).every(([path, value]) => at(event.data, path.split('.')) === value)
  );
}

export function isOfTopics(matchers: readonly EventMatcher[], { topic }: RuleEvent): boolean {
  return matchers.some((matcher) => matchesTopic(matcher.topic, topic));
}

/** Whether an event matters to a pattern, in whatever group. */
export function isConcerned(pattern: TemporalPattern, event: RuleEvent): boolean {
  if (pattern.type === 'sequence' && pattern.strict) return isOfTopics(pattern.events, event);
  return matchersOf(pattern).some((matcher) => isMatch(matcher, event));
}

/** Names the group of an event: only equal values have equal names. Null and absent are the same. */
export function groupOf({ groupBy }: TemporalPattern, { data }: RuleEvent): string {
  if (groupBy === undefined) return '';
  const value = canonical(at(data, groupBy.split('.')));
  return value.length > maxGroupLength ? hashOf(value) : value;
}

export function named(event: RuleEvent, matcher: EventMatcher | undefined): MatchedEvent {
  return { event, ...(matcher?.as !== undefined && { as: matcher.as }) };
}

function matchersOf(pattern: TemporalPattern): readonly EventMatcher[] {
  switch (pattern.type) {
    case 'sequence':
      return pattern.events;
    case 'absence':
      return [pattern.after, pattern.expected];
    default:
      return [pattern.event];
  }
}
