import { describe, expect, it } from '@jest/globals';
import type { RuleTrigger } from '../../functions/core/rule-definition.ts';
import { type Cause, causedBy, causedByFact, emittedEvent, mayTrigger } from '../../functions/rules/chain.ts';
import { checkRule } from '../../functions/rules/check-rule.ts';
import { type Fact, type RuleEvent, triggerData } from '../../functions/rules/event.ts';
import { type RegisteredRule, rulesFor, temporalRulesFor } from '../../functions/rules/select.ts';
import { addCounts, noCounts, statsOf } from '../../functions/rules/stats.ts';
import { afterFiring, startedTimer, timerEvent, timerTrigger } from '../../functions/rules/timer.ts';

const event: RuleEvent = { id: 'e1', topic: 'order.created', data: { n: 1 }, timestamp: 5, source: 'api' };
const fact: Fact = { key: 'customer:1:spent', value: 5, timestamp: 5, source: 'api', version: 2 };
let order = 0;

function registered(id: string, trigger: RuleTrigger, more: object = {}): RegisteredRule {
  const { rule } = checkRule({ id, name: id, trigger, ...more });
  if (!rule) throw new Error(id);
  return { rule, order: order++ };
}

const idsOf = (rules: readonly RegisteredRule[]) => rules.map(({ rule }) => rule.id);
const onOrder: RuleTrigger = { type: 'event', topic: 'order.*' };

describe('the rules of a trigger', () => {
  it('run by descending priority, then as they were registered', () => {
    const rules = [
      registered('a', onOrder),
      registered('b', onOrder, { priority: 5 }),
      registered('c', onOrder, { priority: -1 }),
      registered('d', onOrder),
      registered('e', onOrder, { priority: 5 }),
    ];
    expect(idsOf(rulesFor([...rules].reverse(), { type: 'event', event }))).toEqual(['b', 'e', 'a', 'd', 'c']);
  });

  it('are those that it matches, and that are switched on', () => {
    const rules = [
      registered('event', onOrder),
      registered('other', { type: 'event', topic: 'order' }),
      registered('off', onOrder, { enabled: false }),
      registered('grouped', onOrder, { group: 'g' }),
      registered('fact', { type: 'fact', pattern: 'customer:*:spent' }),
      registered('timer', { type: 'timer', name: 'demo:*' }),
    ];
    const timer = { id: 't', name: 'demo:1', expiresAt: 9, data: {} };
    expect(idsOf(rulesFor(rules, { type: 'event', event }))).toEqual(['event', 'grouped']);
    expect(idsOf(rulesFor(rules, { type: 'event', event }, new Set(['g'])))).toEqual(['event']);
    expect(idsOf(rulesFor(rules, { type: 'fact', fact }))).toEqual(['fact']);
    expect(idsOf(rulesFor(rules, { type: 'timer', timer }))).toEqual(['timer']);
  });

  it('with temporal patterns are found by the events that they name', () => {
    const rules = [
      registered('count', {
        type: 'temporal',
        pattern: { type: 'count', event: { topic: 'order.*' }, threshold: 1, window: 1 },
      }),
      registered('late', {
        ...{
          type: 'temporal',
          pattern: { type: 'absence', after: { topic: 'x' }, expected: { topic: 'order.created' }, within: 1 },
        },
      }),
      registered('no', {
        type: 'temporal',
        pattern: { type: 'count', event: { topic: 'user.*' }, threshold: 1, window: 1 },
      }),
      registered('event', onOrder),
    ];
    expect(temporalRulesFor(rules, event).map(({ rule, pattern }) => [rule.id, pattern.type])).toEqual([
      ['count', 'count'],
      ['late', 'absence'],
    ]);
  });

  it('see the event’s data, the fact, or the timer with its data', () => {
    expect(triggerData({ type: 'event', event })).toBe(event.data);
    expect(triggerData({ type: 'fact', fact })).toEqual({ fact });
    const timer = { id: 't', name: 'demo:1', expiresAt: 9, data: { id: 7 } };
    expect(triggerData({ type: 'timer', timer })).toEqual({ id: 7, timerId: 't', timerName: 'demo:1', expiresAt: 9 });
  });
});

describe('a chain', () => {
  const made = { id: 'e2', topic: 't', data: {}, timestamp: 6 };

  it('of rules that feed each other is eleven events long', () => {
    let events = 1;
    for (let cause: Cause = { depth: 0 }; mayTrigger(cause); events++)
      cause = causedBy(emittedEvent(cause, made), cause.depth);
    expect(events).toBe(11);
  });

  it('counts facts and events with one counter', () => {
    expect(causedByFact(causedBy(event, 3)).depth).toBe(5);
  });

  it('carries the correlation on, and names its cause if there is one', () => {
    const correlated = { ...event, correlationId: 'c' };
    expect(emittedEvent(causedBy(event, 0), made)).toEqual({ ...made, source: 'rule' });
    expect(emittedEvent(causedBy(correlated, 0), made)).toEqual({
      ...made,
      source: 'rule',
      correlationId: 'c',
      causationId: 'e1',
    });
    expect(emittedEvent(causedByFact(causedBy(correlated, 0)), made)).toMatchObject({
      correlationId: 'c',
      causationId: 'e1',
    });
  });
});

describe('a timer', () => {
  const setting = { name: 'demo:1', durationMs: 1_000, onExpire: { topic: 'timer.fired', data: { id: 7 } } };

  it('fires once, and emits its event', () => {
    const timer = startedTimer(setting, 't1', 500, 'c');
    expect(timer).toEqual({
      ...{ id: 't1', name: 'demo:1', expiresAt: 1_500, fired: 0, correlationId: 'c' },
      onExpire: setting.onExpire,
    });
    expect(afterFiring(timer, 1_500)).toBeUndefined();
    expect(timerTrigger(timer)).toEqual({ id: 't1', name: 'demo:1', expiresAt: 1_500, data: { id: 7 } });
    expect(timerEvent(timer, 'e9', 1_510)).toEqual({
      ...{ id: 'e9', topic: 'timer.fired', data: { id: 7 }, timestamp: 1_510, source: 'timer' },
      ...{ causationId: 't1', correlationId: 'c' },
    });
  });

  it('repeats until it has fired as often as it may', () => {
    let timer: ReturnType<typeof afterFiring> = startedTimer(
      { ...setting, repeat: { intervalMs: 200, maxCount: 3 } },
      't',
      0,
    );
    const times: number[] = [];
    for (; timer; timer = afterFiring(timer, timer.expiresAt + 5)) times.push(timer.expiresAt);
    expect(times).toEqual([1_000, 1_200, 1_400]);
  });

  it('repeats without end otherwise, and does not make up for what it missed', () => {
    const timer = startedTimer({ ...setting, repeat: { intervalMs: 200 } }, 't', 0);
    expect(afterFiring(timer, 1_050)).toMatchObject({ expiresAt: 1_200, fired: 1 });
    expect(afterFiring(timer, 9_000)).toMatchObject({ expiresAt: 9_000, fired: 1 });
  });
});

describe('statistics', () => {
  it('add up, and average over events', () => {
    const counts = addCounts(noCounts, { eventsProcessed: 4, rulesExecuted: 2, processingMs: 10 });
    const there = { rulesCount: 10, factsCount: 3, timersCount: 1 };
    expect(statsOf(there, counts)).toEqual({
      ...{ ...there, eventsProcessed: 4, rulesExecuted: 2, avgProcessingTimeMs: 2.5 },
      tracing: { enabled: false, entriesCount: 0, maxEntries: 0 },
    });
    expect(statsOf(there, noCounts).avgProcessingTimeMs).toBe(0);
  });
});
