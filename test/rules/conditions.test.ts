import { describe, expect, it } from '@jest/globals';
import type { ConditionOperator, RuleCondition } from '../../functions/core/rule-definition.ts';
import { allHold, compare } from '../../functions/rules/conditions.ts';
import { scopeOf } from '../support/rules-scope.ts';

describe('an operator', () => {
  it.each<[ConditionOperator, unknown, readonly unknown[], readonly unknown[]]>([
    ['eq', 1, [1], ['1', 2, null, undefined, true]],
    ['eq', null, [null], [undefined, 0]],
    ['neq', true, [false, null, undefined, 'true'], [true]],
    ['gt', 5, [6, 5.1], [5, '6', null, undefined]],
    ['gt', '5', [], [6, '6']],
    ['gte', 100, [100, 101], [99, '100', undefined]],
    ['lt', 0, [-1], [0, null, '']],
    ['lte', 0, [0, -1], [1, false]],
    ['in', ['a', 1, null], ['a', 1, null], ['1', undefined, 'b']],
    ['in', 'abc', [], ['a', 'abc']],
    ['not_in', ['a'], ['b', undefined, null], ['a']],
    ['not_in', 'abc', [], ['x', 'a']],
    ['contains', 'b', ['abc', ['a', 'b']], ['B', ['ab'], { b: 1 }, null, undefined, 5]],
    ['contains', 1, [[1, 2]], ['1', [['1']], 1]],
    ['not_contains', 'b', ['a', ['a'], null, undefined, 5, {}], ['abc', ['b']]],
    ['matches', '^a+$', ['a', 'aa'], ['b', '', 5, null, undefined, ['a']]],
    ['matches', '(', [], ['(', 'a', '']],
    ['matches', 5, [], ['5', 5]],
    ['matches', '(a+)+', [], ['a']],
    ['matches', 'a'.repeat(257), [], ['a'.repeat(257)]],
    ['exists', undefined, [0, '', false, {}], [null, undefined]],
    ['not_exists', undefined, [null, undefined], [0, '', false]],
  ])('%s %j holds', (operator, wanted, holding, others) => {
    expect(holding.filter((value) => !compare(operator, value, wanted))).toEqual([]);
    expect(others.filter((value) => compare(operator, value, wanted))).toEqual([]);
  });
});

describe('conditions', () => {
  const scope = scopeOf(
    { total: 100, who: 'bob', key: 'a', deep: { list: [1] } },
    { 'door:a:locked': true, 'door:b:locked': false, limit: 100 },
    { variables: { item: { n: 5 }, 'odd.name': 1 } },
  );
  const holds = (...conditions: RuleCondition[]) => allHold(conditions, scope);

  it('look at the event, by path', async () => {
    expect(await holds({ source: { type: 'event', field: 'deep.list.0' }, operator: 'eq', value: 1 })).toBe(true);
    expect(await holds({ source: { type: 'event', field: 'absent.x' }, operator: 'exists' })).toBe(false);
  });

  it('look at the first fact that matches', async () => {
    const fact = (pattern: string, value: unknown): RuleCondition => ({
      source: { type: 'fact', pattern },
      operator: 'eq',
      value,
    });
    expect(await holds(fact('door:${event.key}:locked', true))).toBe(true);
    expect(await holds(fact('door:*:locked', true))).toBe(true);
    expect(await holds(fact('*', 100))).toBe(true);
    expect(await holds({ source: { type: 'fact', pattern: 'door:c:locked' }, operator: 'neq', value: true })).toBe(
      true,
    );
  });

  it('look at variables', async () => {
    expect(await holds({ source: { type: 'context', key: 'item.n' }, operator: 'eq', value: 5 })).toBe(true);
    expect(await holds({ source: { type: 'context', key: 'odd.name' }, operator: 'eq', value: 1 })).toBe(true);
    expect(await holds({ source: { type: 'context', key: 'absent' }, operator: 'not_exists' })).toBe(true);
  });

  it('compare with what they refer to', async () => {
    const value = { ref: 'fact.limit' };
    expect(await holds({ source: { type: 'event', field: 'total' }, operator: 'gte', value })).toBe(true);
    expect(await holds({ source: { type: 'event', field: 'total' }, operator: 'gt', value })).toBe(false);
  });

  it('must all hold; none at all do', async () => {
    const yes: RuleCondition = { source: { type: 'event', field: 'who' }, operator: 'in', value: ['alice', 'bob'] };
    const no: RuleCondition = { source: { type: 'event', field: 'who' }, operator: 'eq', value: 'alice' };
    expect([await holds(), await holds(yes), await holds(yes, no), await holds(no, yes)]).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});
