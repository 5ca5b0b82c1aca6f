import { isRegularExpression } from '../core/pattern.ts';
import type { ConditionOperator } from '../core/rule-definition.ts';
import { conditionPattern, maxPatternLength } from './conditions.ts';
import type { Fields } from './event.ts';
import type { Issues } from './issues.ts';

const operators: readonly ConditionOperator[] = [
  ...(['eq', 'neq', 'gt', 'gte', 'lt', 'lte', 'in', 'not_in'] as const),
  ...(['contains', 'not_contains', 'matches', 'exists', 'not_exists'] as const),
];

export function checkConditions(issues: Issues, raw: unknown, path: string): void {
  issues.array(raw, path)?.forEach((one, at) => {
    const condition = issues.object(one, `${path}[${at}]`);
    if (condition) checkCondition(issues, condition, `${path}[${at}]`);
  });
}

function checkCondition(issues: Issues, condition: Fields, path: string): void {
  checkSource(issues, condition.source, `${path}.source`);
  const operator = issues.oneOf(condition, 'operator', path, operators);
  if (operator === undefined || operator === 'exists' || operator === 'not_exists') return;
  issues.value(condition.value, `${path}.value`);
  if (operator === 'matches' && typeof condition.value === 'string') {
    checkPattern(issues, condition.value, `${path}.value`);
  }
}

/**
 * A rule with an invalid regular expression is registered, and the expression never matches. An expression that this
 * matcher does not support is refused.
 */
function checkPattern(issues: Issues, source: string, path: string): void {
  const pattern = conditionPattern(source);
  if (typeof pattern !== 'string') return;
  const isBad = source.length <= maxPatternLength && !isRegularExpression(source);
  if (isBad) issues.warning(path, 'It is no regular expression: it never matches');
  else issues.error(path, `The pattern ${pattern}`);
}

function checkSource(issues: Issues, raw: unknown, path: string): void {
  const source = issues.object(raw, path);
  if (!source) return;
  switch (issues.oneOf(source, 'type', path, ['event', 'fact', 'context'])) {
    case 'event':
      issues.text(source, 'field', path);
      break;
    case 'fact':
      issues.template(source, 'pattern', path);
      break;
    case 'context':
      issues.text(source, 'key', path);
      break;
  }
}
