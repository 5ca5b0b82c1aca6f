import { describe, expect, it } from '@jest/globals';
import { checkRule, updatedRule } from '../../functions/rules/check-rule.ts';

const rule = { id: 'r', name: 'A rule', trigger: { type: 'event', topic: 'order.*' } };
const action = { type: 'log', level: 'info', message: 'hello' };
const errors = (raw: unknown) => checkRule(raw).errors.map(({ path }) => path);
const withTrigger = (trigger: unknown) => ({ ...rule, actions: [action], trigger });
const withPattern = (pattern: unknown) => withTrigger({ type: 'temporal', pattern });
const withCondition = (condition: unknown) => ({ ...rule, actions: [action], conditions: [condition] });
const withAction = (one: unknown) => ({ ...rule, actions: [action, one] });
const source = { type: 'event', field: 'a' };

describe('a rule', () => {
  it('gets defaults, and is warned about when it does nothing', () => {
    expect(checkRule(rule)).toEqual({
      errors: [],
      warnings: [{ path: 'actions', message: 'Rule has no actions', severity: 'warning' }],
      rule: { ...rule, priority: 0, enabled: true, tags: [], conditions: [], actions: [] },
    });
    const full = {
      ...rule,
      description: 'd',
      priority: -5,
      enabled: false,
      tags: ['t'],
      group: 'g',
      conditions: [],
      actions: [action],
    };
    expect(checkRule(full)).toEqual({ errors: [], warnings: [], rule: full });
  });

  it.each<[string, unknown, readonly string[]]>([
    ['is no object', 'x', ['']],
    ['is empty', {}, ['id', 'name', 'trigger']],
    ['has blank names', { ...rule, id: ' ', name: '' }, ['id', 'name']],
    ['has names that are none', { ...rule, id: 5, name: null }, ['id', 'name']],
    ['has too long an id', { ...rule, id: 'x'.repeat(513) }, ['id']],
    [
      'has odd settings',
      { ...rule, description: 1, priority: 'high', enabled: 'yes', tags: ['a', 5], group: '' },
      ['description', 'priority', 'enabled', 'tags[1]', 'group'],
    ],
    ['has tags that are no list', { ...rule, tags: 'a' }, ['tags']],
    [
      'has conditions and actions that are no lists',
      { ...rule, conditions: {}, actions: {} },
      ['conditions', 'actions'],
    ],
    ['looks up', { ...rule, lookups: [{ name: 'x', service: 's', method: 'm', args: [] }] }, ['lookups']],
    ['has no trigger', { ...rule, trigger: null }, ['trigger']],
  ])('that %s is refused at %j', (_, raw, paths) => {
    expect(errors(raw)).toEqual(paths);
    expect(checkRule(raw).rule).toBeUndefined();
  });

  it('is updated in parts, and keeps its id', () => {
    const { rule: before } = checkRule(rule);
    expect(before && updatedRule(before, { id: 'other', name: 'B' })).toEqual({ ...before, name: 'B' });
  });
});

describe('a trigger', () => {
  const matcher = { topic: 'a.*', filter: { 'x.y': 1 }, as: 'm' };

  it.each([
    [{ type: 'event', topic: '*' }],
    [{ type: 'fact', pattern: 'a:*' }],
    [{ type: 'timer', name: 'a:*' }],
    [
      {
        type: 'temporal',
        pattern: { type: 'sequence', events: [matcher, matcher], within: '5m', groupBy: 'u.id', strict: true },
      },
    ],
    [{ type: 'temporal', pattern: { type: 'absence', after: matcher, expected: matcher, within: 500 } }],
    [
      {
        type: 'temporal',
        pattern: { type: 'count', event: matcher, threshold: 1, window: '1h', comparison: 'eq', sliding: true },
      },
    ],
    [
      {
        type: 'temporal',
        pattern: {
          ...{ type: 'aggregate', event: matcher, field: 'n', function: 'avg', threshold: -1, comparison: 'lte' },
          window: '1d',
        },
      },
    ],
    [{ type: 'temporal', pattern: { type: 'count', event: matcher, threshold: 1, window: '1h' } }],
  ])('%j is fine', (trigger) => {
    expect(errors(withTrigger(trigger))).toEqual([]);
  });

  it.each<[unknown, readonly string[]]>([
    [{}, ['trigger.type']],
    [{ type: 'cron' }, ['trigger.type']],
    [{ type: 'constructor' }, ['trigger.type']],
    [{ type: 'event' }, ['trigger.topic']],
    [{ type: 'event', topic: '' }, ['trigger.topic']],
    [{ type: 'fact', pattern: 5 }, ['trigger.pattern']],
    [{ type: 'timer' }, ['trigger.name']],
    [{ type: 'temporal' }, ['trigger.pattern']],
  ])('%j is refused at %j', (trigger, paths) => {
    expect(errors(withTrigger(trigger))).toEqual(paths);
  });

  it.each<[unknown, readonly string[]]>([
    [{}, ['trigger.pattern.type']],
    [{ type: 'series' }, ['trigger.pattern.type']],
    [{ type: 'sequence' }, ['trigger.pattern.events', 'trigger.pattern.within']],
    [
      { type: 'sequence', events: [matcher], within: '5 minutes' },
      ['trigger.pattern.events', 'trigger.pattern.within'],
    ],
    [
      { type: 'sequence', events: [matcher, {}], within: 0, strict: 1 },
      ['trigger.pattern.events[1].topic', 'trigger.pattern.strict', 'trigger.pattern.within'],
    ],
    [
      { type: 'absence', after: matcher, within: '1s', groupBy: '' },
      ['trigger.pattern.groupBy', 'trigger.pattern.expected'],
    ],
    [
      { type: 'count', event: { topic: 'a', filter: [], as: 5 }, threshold: 0, window: '1', comparison: 'gt' },
      [
        'trigger.pattern.event.filter',
        'trigger.pattern.event.as',
        'trigger.pattern.threshold',
        'trigger.pattern.comparison',
        'trigger.pattern.window',
      ],
    ],
    [
      { type: 'aggregate', event: matcher, function: 'median', threshold: '1', window: '1m' },
      ['trigger.pattern.field', 'trigger.pattern.function', 'trigger.pattern.threshold', 'trigger.pattern.comparison'],
    ],
    [
      { type: 'aggregate', event: matcher, field: 'n', function: 'sum', threshold: 1, comparison: 'gt', window: '1m' },
      ['trigger.pattern.comparison'],
    ],
  ])('of the pattern %j is refused at %j', (pattern, paths) => {
    expect(errors(withPattern(pattern))).toEqual(paths);
  });
});

describe('a condition', () => {
  it.each([
    [{ source, operator: 'exists' }],
    [{ source, operator: 'eq', value: null }],
    [{ source: { type: 'fact', pattern: 'a:${event.x}' }, operator: 'in', value: [1] }],
    [{ source: { type: 'context', key: 'item' }, operator: 'gt', value: { ref: 'fact.a:${event.x}' } }],
    [{ source, operator: 'matches', value: '^[a-z]+$' }],
  ])('%j is fine', (condition) => {
    expect(errors(withCondition(condition))).toEqual([]);
  });

  it.each<[unknown, readonly string[]]>([
    ['x', ['conditions[0]']],
    [{}, ['conditions[0].source', 'conditions[0].operator']],
    [{ source: {}, operator: 'like', value: 1 }, ['conditions[0].source.type', 'conditions[0].operator']],
    [{ source: { type: 'event' }, operator: 'eq' }, ['conditions[0].source.field', 'conditions[0].value']],
    [{ source: { type: 'baseline', name: 'x' }, operator: 'exists' }, ['conditions[0].source.type']],
    [{ source: { type: 'lookup', name: 'x' }, operator: 'exists' }, ['conditions[0].source.type']],
    [{ source: { type: 'fact', pattern: '${nobody.x}' }, operator: 'exists' }, ['conditions[0].source.pattern']],
    [{ source, operator: 'eq', value: { ref: 'nobody.x' } }, ['conditions[0].value']],
    [{ source, operator: 'matches', value: '(?=a)' }, ['conditions[0].value']],
    [{ source, operator: 'matches', value: '^(a+)+$' }, ['conditions[0].value']],
    [{ source, operator: 'matches', value: 'a'.repeat(257) }, ['conditions[0].value']],
    [{ source, operator: 'matches', value: '('.repeat(257) }, ['conditions[0].value']],
  ])('%j is refused at %j', (condition, paths) => {
    expect(errors(withCondition(condition))).toEqual(paths);
  });
});

it('a condition with a bad regular expression, which never matches, is warned about', () => {
  const { rule: registered, warnings } = checkRule(withCondition({ source, operator: 'matches', value: '[' }));
  expect(registered).toBeDefined();
  expect(warnings.map(({ path }) => path)).toEqual(['conditions[0].value']);
});

describe('an action', () => {
  const timer = { name: 't:${event.id}', duration: '1s', onExpire: { topic: 'x', data: { id: { ref: 'event.id' } } } };

  it.each([
    [{ type: 'set_fact', key: 'a:${event.id}', value: null }],
    [{ type: 'delete_fact', key: 'a' }],
    [{ type: 'emit_event', topic: 't', data: { a: { ref: 'matched.0.x' }, b: 1 } }],
    [{ type: 'set_timer', timer }],
    [{ type: 'set_timer', timer: { ...timer, repeat: { interval: 500, maxCount: 3 } } }],
    [{ type: 'cancel_timer', name: 't' }],
    [{ type: 'log', level: 'warn', message: '${var.error.message}' }],
    [{ type: 'conditional', conditions: [{ source, operator: 'exists' }], then: [action], else: [action] }],
    [{ type: 'for_each', collection: { ref: 'event.items' }, as: 'item', actions: [action], maxIterations: 5 }],
    [{ type: 'for_each', collection: [1, 2], as: 'item', actions: [] }],
    [{ type: 'try_catch', try: [action], catch: { as: 'error', actions: [action] }, finally: [action] }],
    [{ type: 'call_service', service: 's', method: 'm', args: [{ ref: 'event.x' }, 1] }],
    [{ type: 'call_service', service: 's', method: 'm', args: [] }],
  ])('%j is fine', (one) => {
    expect(errors(withAction(one))).toEqual([]);
  });

  it.each<[unknown, readonly string[]]>([
    [5, ['actions[1]']],
    [{}, ['actions[1].type']],
    [{ type: 'send_mail' }, ['actions[1].type']],
    [{ type: 'set_fact' }, ['actions[1].key', 'actions[1].value']],
    [{ type: 'delete_fact', key: '' }, ['actions[1].key']],
    [{ type: 'emit_event', topic: 't' }, ['actions[1].data']],
    [{ type: 'emit_event', topic: '${x}', data: [] }, ['actions[1].topic', 'actions[1].data']],
    [{ type: 'emit_event', topic: 't', data: { a: { ref: 'nobody' } } }, ['actions[1].data.a']],
    [{ type: 'set_timer' }, ['actions[1].timer']],
    [
      { type: 'set_timer', timer: {} },
      ['actions[1].timer.name', 'actions[1].timer.duration', 'actions[1].timer.onExpire'],
    ],
    [
      { type: 'set_timer', timer: { ...timer, duration: 'soon', onExpire: {} } },
      ['actions[1].timer.duration', 'actions[1].timer.onExpire.topic', 'actions[1].timer.onExpire.data'],
    ],
    [{ type: 'set_timer', timer: { ...timer, cron: '* * * * *' } }, ['actions[1].timer.cron']],
    [
      { type: 'set_timer', timer: { ...timer, repeat: { maxCount: 0 } } },
      ['actions[1].timer.repeat.interval', 'actions[1].timer.repeat.maxCount'],
    ],
    [{ type: 'cancel_timer' }, ['actions[1].name']],
    [{ type: 'log', level: 'loud' }, ['actions[1].level', 'actions[1].message']],
    [{ type: 'conditional' }, ['actions[1].conditions', 'actions[1].then']],
    [
      {
        type: 'conditional',
        conditions: [{ source, operator: 'no' }],
        then: [{ type: 'log', level: 'info' }],
        else: 5,
      },
      ['actions[1].conditions[0].operator', 'actions[1].then[0].message', 'actions[1].else'],
    ],
    [
      { type: 'for_each', collection: 'event.items', maxIterations: 0 },
      ['actions[1].collection', 'actions[1].as', 'actions[1].actions', 'actions[1].maxIterations'],
    ],
    [
      { type: 'try_catch', catch: { as: '' }, finally: [{}] },
      ['actions[1].try', 'actions[1].catch.as', 'actions[1].catch.actions', 'actions[1].finally[0].type'],
    ],
    [{ type: 'call_service', args: {} }, ['actions[1].service', 'actions[1].method', 'actions[1].args']],
    [{ type: 'call_service', service: 's', method: 'm' }, ['actions[1].args']],
  ])('%j is refused at %j', (one, paths) => {
    expect(errors(withAction(one))).toEqual(paths);
  });

  it('is not nested without end', () => {
    const nested = (depth: number): unknown => (depth === 0 ? action : { type: 'try_catch', try: [nested(depth - 1)] });
    expect(errors(withAction(nested(20)))).toEqual([]);
    expect(errors(withAction(nested(21)))).toHaveLength(1);
  });
});
