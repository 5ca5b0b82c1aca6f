import type { TemporalPattern } from '../core/rule-definition.ts';
import type { Rule } from './check-rule.ts';
import type { RuleEvent, Trigger } from './event.ts';
import { isConcerned } from './matchers.ts';
import { matchesKey, matchesTopic } from './patterns.ts';

/** A rule that is registered. */
export interface RegisteredRule {
  readonly rule: Rule;
  /** Grows with every registration; an update keeps it. */
  readonly order: number;
}

/** The rules of a trigger, in the order they run: by descending priority, then by registration. */
export function rulesFor(
  rules: readonly RegisteredRule[],
  trigger: Trigger,
  disabledGroups: ReadonlySet<string> = new Set(),
): RegisteredRule[] {
  return inOrder(rules.filter(({ rule }) => isOn(rule, disabledGroups) && isTriggered(rule, trigger)));
}

export interface TemporalRule extends RegisteredRule {
  readonly pattern: TemporalPattern;
}

/** The rules whose temporal patterns an event may change, in the order they run. */
export function temporalRulesFor(
  rules: readonly RegisteredRule[],
  event: RuleEvent,
  disabledGroups: ReadonlySet<string> = new Set(),
): TemporalRule[] {
  const concerned = rules.flatMap(({ rule, order }) => {
    const { trigger } = rule;
    const isHit = trigger.type === 'temporal' && isOn(rule, disabledGroups) && isConcerned(trigger.pattern, event);
    return isHit ? [{ rule, order, pattern: trigger.pattern }] : [];
  });
  return inOrder(concerned);
}

/** Rules of one trigger, in the order they run. */
export function inOrder<T extends RegisteredRule>(rules: readonly T[]): T[] {
  return [...rules].sort((one, other) => other.rule.priority - one.rule.priority || one.order - other.order);
}

export function isOn({ enabled, group }: Rule, disabledGroups: ReadonlySet<string>): boolean {
  return enabled && !(group !== undefined && disabledGroups.has(group));
}

function isTriggered({ trigger: wanted }: Rule, trigger: Trigger): boolean {
  switch (wanted.type) {
    case 'event':
      return trigger.type === 'event' && matchesTopic(wanted.topic, trigger.event.topic);
    case 'fact':
      return trigger.type === 'fact' && matchesKey(wanted.pattern, trigger.fact.key);
    case 'timer':
      return trigger.type === 'timer' && matchesKey(wanted.name, trigger.timer.name);
    case 'temporal':
      return false;
  }
}
