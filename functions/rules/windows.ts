import { at } from '../core/own.ts';
import type { AggregatePattern, Comparison, CountPattern } from '../core/rule-definition.ts';
import { durationMs } from './duration.ts';
import type { RuleEvent } from './event.ts';
import { type MatchedEvent, named } from './matchers.ts';

/** The rule runs: `event.*` is the data of `event`, `matched.N` that of `matched`, in time order. */
export interface Firing {
  readonly event: RuleEvent;
  readonly matched: readonly MatchedEvent[];
}

/** Events after this moment are in the window that ends with an event, in milliseconds. */
export function windowStart({ window }: CountPattern | AggregatePattern, { timestamp }: RuleEvent): number {
  return timestamp - (durationMs(window) ?? 0);
}

/**
 * Whether the comparison holds for the events of the window that ends with this one.
 * @param events those that match the pattern, of one group, the last one included
 */
export function windowFiring(
  pattern: CountPattern | AggregatePattern,
  events: readonly RuleEvent[],
  event: RuleEvent,
): Firing | undefined {
  const number = pattern.type === 'count' ? events.length : aggregated(pattern, events);
  if (number === undefined || !comparisons[pattern.comparison ?? 'gte'](number, pattern.threshold)) return undefined;
  const inTime = [...events].sort((one, other) => one.timestamp - other.timestamp);
  return { event, matched: inTime.map((one) => named(one, pattern.event)) };
}

const comparisons: Readonly<Record<Comparison, (number: number, threshold: number) => boolean>> = {
  gte: (number, threshold) => number >= threshold,
  lte: (number, threshold) => number <= threshold,
  eq: (number, threshold) => number === threshold,
};

/** Undefined without any number. */
function aggregated(pattern: AggregatePattern, events: readonly RuleEvent[]): number | undefined {
  const path = pattern.field.split('.');
  const numbers = events.map(({ data }) => at(data, path)).filter((value) => typeof value === 'number');
  const sum = numbers.reduce((total, number) => total + number, 0);
  if (numbers.length === 0) return undefined;
  switch (pattern.function) {
    case 'count':
      return numbers.length;
    case 'sum':
      return sum;
    case 'avg':
      return sum / numbers.length;
    case 'min':
      return numbers.reduce((least, number) => Math.min(least, number));
    case 'max':
      return numbers.reduce((most, number) => Math.max(most, number));
  }
}
