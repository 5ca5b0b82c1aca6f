import { at, isNothing } from '../core/own.ts';
import { compilePattern, type Pattern } from '../core/pattern.ts';
import type { ConditionOperator, ConditionSource, RuleCondition } from '../core/rule-definition.ts';
import { interpolate, resolved, type Scope } from './references.ts';

export const maxPatternLength = 256;

/** Whether all conditions hold; stops at the first that does not. */
export async function allHold(conditions: readonly RuleCondition[], scope: Scope): Promise<boolean> {
  for (const { source, operator, value } of conditions) {
    if (!compare(operator, await sourceValue(source, scope), await resolved(value, scope))) return false;
  }
  return true;
}

/** Applies an operator to two values; undefined means absent. */
export function compare(operator: ConditionOperator, actual: unknown, wanted: unknown): boolean {
  return operators[operator](actual, wanted);
}

/**
 * A pattern for `matches`, or a clause with the error. Nested repetitions are refused, although they cannot slow our
 * matcher down, because they are mistakes or attacks.
 */
export function conditionPattern(source: string): Pattern | string {
  const pattern = compilePattern(source, maxPatternLength);
  return typeof pattern !== 'string' && pattern.isNested ? 'must not repeat repetitions' : pattern;
}

async function sourceValue(source: ConditionSource, scope: Scope): Promise<unknown> {
  switch (source.type) {
    case 'event':
      return at(scope.event, source.field.split('.'));
    case 'fact':
      return (await scope.facts.first(await interpolate(source.pattern, scope)))?.value;
    case 'context': {
      if (scope.variables.has(source.key)) return scope.variables.get(source.key);
      const [name = '', ...path] = source.key.split('.');
      return at(scope.variables.get(name), path);
    }
  }
}

type Operator = (actual: unknown, wanted: unknown) => boolean;

/** Equality is strict, so objects and arrays are equal to nothing; order is that of numbers. */
const operators: Readonly<Record<ConditionOperator, Operator>> = {
  eq: (actual, wanted) => actual === wanted,
  neq: (actual, wanted) => actual !== wanted,
  gt: ofNumbers((actual, wanted) => actual > wanted),
  gte: ofNumbers((actual, wanted) => actual >= wanted),
  lt: ofNumbers((actual, wanted) => actual < wanted),
  lte: ofNumbers((actual, wanted) => actual <= wanted),
  in: (actual, wanted) => Array.isArray(wanted) && wanted.some((one) => one === actual),
  not_in: (actual, wanted) => Array.isArray(wanted) && !wanted.some((one) => one === actual),
  contains,
  not_contains: (actual, wanted) => !contains(actual, wanted),
  matches(actual, wanted) {
    if (typeof actual !== 'string' || typeof wanted !== 'string') return false;
    const pattern = conditionPattern(wanted);
    return typeof pattern !== 'string' && pattern.test(actual);
  },
  exists: (actual) => !isNothing(actual),
  not_exists: isNothing,
};

function ofNumbers(holds: (actual: number, wanted: number) => boolean): Operator {
  return (actual, wanted) => typeof actual === 'number' && typeof wanted === 'number' && holds(actual, wanted);
}

/** A text holds a text, an array an element; nothing else holds anything. */
function contains(actual: unknown, wanted: unknown): boolean {
  if (typeof actual === 'string') return typeof wanted === 'string' && actual.includes(wanted);
  return Array.isArray(actual) && actual.some((one) => one === wanted);
}
