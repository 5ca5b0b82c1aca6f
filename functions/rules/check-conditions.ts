import type { ConditionOperator } from '../core/rule-definition.ts';
import { conditionPattern } from './conditions.ts';
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
    const pattern = conditionPattern(condition.value);
    if (typeof pattern === 'string') issues.error(`${path}.value`, `The pattern ${pattern}`);
  }
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
