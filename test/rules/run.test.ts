import { describe, expect, it } from '@jest/globals';
import type { RuleAction, RuleDefinition } from '../../functions/core/rule-definition.ts';
import { checkRule, type Rule } from '../../functions/rules/check-rule.ts';
import type { Fields } from '../../functions/rules/event.ts';
import { type Effects, runRule } from '../../functions/rules/run.ts';
import { scopeOf } from '../support/rules-scope.ts';

/** Runs actions on an event, and tells what they did, line by line. */
async function runOn(event: Fields, actions: readonly RuleAction[], more: Partial<RuleDefinition> = {}) {
  const did: string[] = [];
  const note = async (...parts: unknown[]): Promise<void> => {
    did.push(parts.map((part) => (typeof part === 'string' ? part : JSON.stringify(part))).join(' '));
  };
  const effects: Effects = {
    setFact: (key, value) => note('set', key, value),
    deleteFact: (key) => note('delete', key),
    emit: (topic, data) => note('emit', topic, data),
    setTimer: (timer) => note('timer', timer),
    cancelTimer: (name) => note('cancel', name),
    log: (level, message) => void note('log', level, message),
    async call(service, method, args) {
      if (service !== 'mail') throw new Error(`There is no service ${service}`);
      await note('call', method, args);
    },
  };
  const { rule, errors } = checkRule({ id: 'r', name: 'r', trigger: { type: 'event', topic: '*' }, actions, ...more });
  if (!rule) throw new Error(JSON.stringify(errors));
  const run = await runRule(rule satisfies Rule, scopeOf(event, { 'limit:a': 5 }), effects);
  return { did, ...run };
}

const fails: RuleAction = { type: 'call_service', service: 'nobody', method: 'm', args: [] };
const log = (message: string): RuleAction => ({ type: 'log', level: 'info', message });

describe('actions', () => {
  it('do what they say, in order, with references filled in', async () => {
    const { did, failures } = await runOn({ id: 7, name: 'Ann' }, [
      { type: 'set_fact', key: 'user:${event.id}', value: { ref: 'event.name' } },
      { type: 'set_fact', key: 'none', value: { ref: 'event.absent' } },
      { type: 'delete_fact', key: 'user:${event.id}' },
      {
        type: 'emit_event',
        topic: 'user.${event.name}',
        data: { id: { ref: 'event.id' }, gone: { ref: 'event.absent' }, n: 1 },
      },
      {
        type: 'set_timer',
        timer: {
          ...{ name: 't:${event.id}', duration: '1s', onExpire: { topic: 'due', data: { id: { ref: 'event.id' } } } },
          repeat: { interval: '2s', maxCount: 3 },
        },
      },
      { type: 'cancel_timer', name: 't:${event.id}' },
      log('hello ${event.name}'),
      { type: 'call_service', service: 'mail', method: 'send', args: [{ ref: 'event.id' }, 'literal'] },
    ]);
    expect(did).toEqual([
      'set user:7 Ann',
      'set none null',
      'delete user:7',
      'emit user.Ann {"id":7,"n":1}',
      'timer {"name":"t:7","durationMs":1000,"onExpire":{"topic":"due","data":{"id":7}},"repeat":{"intervalMs":2000,"maxCount":3}}',
      'cancel t:7',
      'log info hello Ann',
      'call send [7,"literal"]',
    ]);
    expect(failures).toEqual([]);
  });

  it('do not run unless the conditions hold', async () => {
    const conditions: RuleDefinition['conditions'] = [
      { source: { type: 'event', field: 'n' }, operator: 'gt', value: { ref: 'fact.limit:a' } },
    ];
    expect(await runOn({ n: 5 }, [log('x')], { conditions })).toEqual({ did: [], hasRun: false, failures: [] });
    expect(await runOn({ n: 6 }, [log('x')], { conditions })).toMatchObject({ did: ['log info x'], hasRun: true });
  });

  it('do not run where the conditions cannot be judged, and that is recorded', async () => {
    const judged = (problem: Error) => {
      const throws = () => Promise.reject(problem);
      const { rule } = checkRule({
        ...{ id: 'r', name: 'r', trigger: { type: 'event', topic: '*' } },
        conditions: [{ source: { type: 'fact', pattern: 'a' }, operator: 'exists' }],
      });
      if (!rule) throw new Error('There is nothing wrong with it.');
      return runRule(rule, { ...scopeOf({}), facts: { get: throws, first: throws } }, {} as Effects); // none is used
    };
    const failures = [{ type: 'conditions', message: 'odd' }];
    expect(await judged(new Error('odd'))).toEqual({ hasRun: false, failures });
    const passing = Object.assign(new Error('throttled'), { passing: true });
    await expect(judged(passing)).rejects.toBe(passing);
  });

  it('that fail are recorded, and the next ones run', async () => {
    const { did, failures } = await runOn({}, [
      fails,
      { type: 'set_fact', key: '${event.absent}', value: 1 },
      log('after'),
    ]);
    expect(did).toEqual(['log info after']);
    expect(failures).toEqual([
      { type: 'call_service', message: 'There is no service nobody' },
      { type: 'set_fact', message: '"${event.absent}" must become a text of 1 to 512 bytes' },
    ]);
  });

  it('depend on conditions', async () => {
    const actions: RuleAction[] = [
      {
        type: 'conditional',
        conditions: [{ source: { type: 'event', field: 'who' }, operator: 'in', value: ['alice', 'bob'] }],
        then: [log('opened')],
        else: [log('denied')],
      },
    ];
    expect((await runOn({ who: 'bob' }, actions)).did).toEqual(['log info opened']);
    expect((await runOn({ who: 'eve' }, actions)).did).toEqual(['log info denied']);
  });

  it('run for each element, in loops of loops too, up to a bound', async () => {
    const inner: RuleAction = {
      type: 'for_each',
      collection: { ref: 'var.row.cells' },
      as: 'cell',
      actions: [log('${var.row_index}${var.cell}')],
    };
    const rows = [{ cells: ['a', 'b'] }, { cells: ['c'] }, { cells: ['d'] }];
    const loop: RuleAction = {
      type: 'for_each',
      collection: { ref: 'event.rows' },
      as: 'row',
      actions: [inner],
      maxIterations: 2,
    };
    expect((await runOn({ rows }, [loop, log('<${var.row}>')])).did).toEqual([
      'log info 0a',
      'log info 0b',
      'log info 1c',
      'log info <>',
    ]);
    expect((await runOn({ rows: 'none' }, [loop])).failures).toEqual([
      { type: 'for_each', message: 'for_each needs an array' },
    ]);
  });

  it('come to an end, whatever loops are in loops', async () => {
    const many = Array.from({ length: 1_500 }, (_, n) => n);
    const once: RuleAction = { type: 'for_each', collection: { ref: 'event.many' }, as: 'a', actions: [log('x')] };
    expect((await runOn({ many }, [once])).did).toHaveLength(1_000);
    const nested: RuleAction = { type: 'for_each', collection: { ref: 'event.many' }, as: 'b', actions: [once] };
    const { did, failures } = await runOn({ many }, [{ ...nested, as: 'c', actions: [nested] }, log('never')]);
    expect(did.length).toBeLessThan(10_000);
    expect(did).not.toContain('log info never');
    expect(failures.at(-1)).toEqual({ type: 'for_each', message: 'A run ends after 10000 actions' });
  });

  it('are tried, caught, and followed up', async () => {
    const actions: RuleAction[] = [
      {
        type: 'try_catch',
        try: [log('one'), fails, log('not this')],
        catch: { as: 'problem', actions: [log('caught ${var.problem.message}'), fails, log('goes on')] },
        finally: [log('finally ${var.problem.message}')],
      },
      { type: 'try_catch', try: [log('fine')], catch: { actions: [log('not this')] }, finally: [log('done')] },
      { type: 'try_catch', try: [fails] },
    ];
    const { did, failures } = await runOn({}, actions);
    expect(did).toEqual([
      'log info one',
      'log info caught There is no service nobody',
      'log info goes on',
      'log info finally ',
      'log info fine',
      'log info done',
    ]);
    expect(failures).toHaveLength(3);
  });
});
