import { afterEach, describe, expect, it } from '@jest/globals';
import { emit as emitIn } from '../../functions/rules/emitting.ts';
import { emits, eventsOf, exampleWorld, ruleNamed, rulesWorld, topicsOf } from '../support/rules.ts';

const world = await rulesWorld();
const [client, other] = [await world.connect(), await world.connect()];
const { emit } = world;
afterEach(() => expect(world.errors).toEqual([]));

const echo = (id: string, more: object = {}) => ({
  ...ruleNamed(id, { trigger: { type: 'event', topic: `${id}.ask` }, actions: [emits(`${id}.answer`, { id })] }),
  ...more,
});

describe('a rule', () => {
  it('runs from the moment it is registered, until it is unregistered, for every connection', async () => {
    const listener = await world.listener('r1.answer');
    const answer = await client.get('rules.registerRule', { rule: echo('r1') });
    expect(answer).toEqual({
      id: 'r1',
      name: 'r1',
      version: 1,
      createdAt: expect.any(Number),
      updatedAt: answer.createdAt,
    });
    await emit(other, 'r1.ask');
    expect(await client.get('rules.unregisterRule', { ruleId: 'r1' })).toEqual({ ruleId: 'r1', unregistered: true });
    await emit(other, 'r1.ask');
    expect(eventsOf(listener)).toHaveLength(1);
    expect(await client.refusal('rules.unregisterRule', { ruleId: 'r1' })).toBe('NOT_FOUND');
    expect(await client.refusal('rules.getRule', { ruleId: 'r1' })).toBe('NOT_FOUND');
  });

  it('runs at once in another process, which knew the rules before', async () => {
    const elsewhere = Object.create(world.ports, { table: { value: Object.create(world.ports.table) } });
    const listener = await world.listener('r0.answer');
    await emitIn(elsewhere, { topic: 'r0.ask', data: {} });
    await client.get('rules.registerRule', { rule: echo('r0') });
    await emitIn(elsewhere, { topic: 'r0.ask', data: {} });
    await client.get('rules.disableRule', { ruleId: 'r0' });
    await emitIn(elsewhere, { topic: 'r0.ask', data: {} });
    expect(eventsOf(listener)).toHaveLength(1);
  });

  it('does not run while it is switched off', async () => {
    const listener = await world.listener('r2.answer');
    await client.get('rules.registerRule', { rule: echo('r2', { enabled: false }) });
    await emit(other, 'r2.ask');
    expect(await client.get('rules.enableRule', { ruleId: 'r2' })).toEqual({ ruleId: 'r2', enabled: true });
    await emit(other, 'r2.ask');
    expect(await client.get('rules.disableRule', { ruleId: 'r2' })).toEqual({ ruleId: 'r2', enabled: false });
    await emit(other, 'r2.ask');
    expect(eventsOf(listener)).toHaveLength(1);
    for (const type of ['rules.enableRule', 'rules.disableRule']) {
      expect(await client.refusal(type, { ruleId: 'nothing' })).toBe('NOT_FOUND');
      expect(await client.refusal(type, {})).toBe('VALIDATION_ERROR');
    }
  });

  it('is changed in parts, and keeps its id', async () => {
    const listener = await world.listener('r3.new');
    const { createdAt } = await client.get('rules.registerRule', { rule: echo('r3') });
    const updates = { id: 'other', priority: 7, tags: ['t'], actions: [emits('r3.new')] };
    const { version, updatedAt } = await client.get('rules.updateRule', { ruleId: 'r3', updates });
    expect(version).toBeGreaterThan(1);
    await emit(other, 'r3.ask');
    expect(eventsOf(listener)).toHaveLength(1);
    expect(await client.get('rules.getRule', { ruleId: 'r3' })).toEqual({
      ...echo('r3'),
      ...{ priority: 7, tags: ['t'], enabled: true, conditions: [], actions: [emits('r3.new')] },
      ...{ version, createdAt, updatedAt },
    });
    const bad = await client.ask('rules.updateRule', { ruleId: 'r3', updates: { trigger: { type: 'nothing' } } });
    expect([bad.code, bad.details[0].path]).toEqual(['VALIDATION_ERROR', 'trigger.type']);
    expect(await client.refusal('rules.updateRule', { ruleId: 'nothing', updates: {} })).toBe('NOT_FOUND');
    expect(await client.refusal('rules.updateRule', { ruleId: 'r3' })).toBe('VALIDATION_ERROR');
  });

  it('is refused with everything that is wrong, and then not registered', async () => {
    const bad = { id: 'bad', name: ' ', trigger: { type: 'event' }, actions: [{ type: 'emit_event', topic: 'x' }] };
    const answer = await client.ask('rules.registerRule', { rule: bad });
    expect(answer.code).toBe('VALIDATION_ERROR');
    expect(answer.details.map(({ path }: { path: string }) => path)).toEqual([
      'name',
      'trigger.topic',
      'actions[0].data',
    ]);
    for (const issue of answer.details) expect(issue).toMatchObject({ message: expect.any(String), severity: 'error' });
    expect(await client.refusal('rules.getRule', { ruleId: 'bad' })).toBe('NOT_FOUND');
    expect(await client.refusal('rules.registerRule', {})).toBe('VALIDATION_ERROR');
    expect(await client.refusal('rules.registerRule', { rule: 'text' })).toBe('VALIDATION_ERROR');
  });

  it('is refused when it does not say how an aggregate compares, or what a service is called with', async () => {
    const window = { event: { topic: 'paid' }, field: 'n', function: 'sum', threshold: 5, window: '1m' };
    const unsaid = {
      ...{ id: 'bad', name: 'Bad' },
      trigger: { type: 'temporal', pattern: { type: 'aggregate', ...window } },
      actions: [{ type: 'call_service', service: 's', method: 'm' }],
    };
    const { code, details } = await client.ask('rules.registerRule', { rule: unsaid });
    expect(code).toBe('VALIDATION_ERROR');
    expect(details.map(({ path }: { path: string }) => path)).toEqual([
      'trigger.pattern.comparison',
      'actions[0].args',
    ]);
  });

  it('is registered under an id once, however many try at the same time', async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => client.ask('rules.registerRule', { rule: echo('once') })),
    );
    expect(answers.map(({ code }) => code).sort()).toEqual([...Array(7).fill('ALREADY_EXISTS'), undefined]);
    expect(await client.refusal('rules.registerRule', { rule: echo('gate') })).toBe('ALREADY_EXISTS');
  });

  it('is one of many that are registered at the same time, none of which is lost', async () => {
    const ids = Array.from({ length: 12 }, (_, at) => `many-${at}`);
    await Promise.all(ids.map((id) => client.get('rules.registerRule', { rule: echo(id) })));
    const { rules } = await other.get('rules.getRules');
    expect(rules.map(({ id }: { id: string }) => id)).toEqual(expect.arrayContaining(ids));
  });

  it('is judged without being registered', async () => {
    const { actions: _, ...idle } = echo('idle');
    expect(await client.get('rules.validateRule', { rule: idle })).toEqual({
      valid: true,
      errors: [],
      warnings: [{ path: 'actions', message: expect.any(String), severity: 'warning' }],
    });
    const { valid, errors } = await client.get('rules.validateRule', { rule: [] });
    expect([valid, errors]).toMatchObject([false, [{ severity: 'error' }]]);
    expect(await client.refusal('rules.getRule', { ruleId: 'idle' })).toBe('NOT_FOUND');
  });
});

describe('rules of one event', () => {
  it('run from the highest priority to the lowest, and in the order they were registered', async () => {
    const listener = await world.listener('order.*');
    for (const [id, priority] of [
      ['c', 0],
      ['a', 5],
      ['d', 0],
      ['b', 5],
    ] as const) {
      const trigger = { type: 'event', topic: 'sort' };
      await client.get('rules.registerRule', {
        rule: { id, name: id, priority, trigger, actions: [emits(`order.${id}`)] },
      });
    }
    await emit(other, 'sort');
    expect(topicsOf(listener)).toEqual(['order.a', 'order.b', 'order.c', 'order.d']);
  });
});

describe('a rule in code', () => {
  it('is listed, and can be switched at run time, and nothing else', async () => {
    const { rules } = await client.get('rules.getRules');
    expect(rules[0]).toEqual({
      id: 'welcome-user',
      name: expect.any(String),
      enabled: true,
      priority: 0,
      version: 1,
      tags: [],
    });
    expect(await client.refusal('rules.unregisterRule', { ruleId: 'gate' })).toBe('FORBIDDEN');
    expect(await client.refusal('rules.updateRule', { ruleId: 'gate', updates: { priority: 1 } })).toBe('FORBIDDEN');
    const listener = await world.listener('door.opened');
    await client.get('rules.disableRule', { ruleId: 'gate' });
    await emit(other, 'door.open', { door: 'x', who: 'bob' });
    expect(await client.get('rules.getRule', { ruleId: 'gate' })).toMatchObject({ id: 'gate', enabled: false });
    await client.get('rules.enableRule', { ruleId: 'gate' });
    await emit(other, 'door.open', { door: 'y', who: 'bob' });
    expect(eventsOf(listener).map(({ data }) => data.door)).toEqual(['y']);
  });

  it('of a group that is off does not run', async () => {
    const trigger = { type: 'event', topic: 'ask' } as const;
    const grouped = await rulesWorld({
      groups: [
        { id: 'on', name: 'On', enabled: true },
        { id: 'off', name: 'Off', enabled: false },
      ],
      definitions: [
        ruleNamed('one', { group: 'on', trigger, actions: [emits('one')] }),
        ruleNamed('two', { group: 'off', trigger, actions: [emits('two')] }),
      ],
    });
    const listener = await grouped.listener('*');
    await grouped.emit(await grouped.connect(), 'ask');
    expect(topicsOf(listener)).toEqual(['ask', 'one']);
  });
});

describe('in the example', () => {
  it('only administrators administer rules', async () => {
    const shop = await exampleWorld();
    const user = await shop.signedIn('user@example.com');
    const admin = await shop.signedIn('admin@example.com');
    for (const name of [
      'registerRule',
      'unregisterRule',
      'updateRule',
      'enableRule',
      'disableRule',
      'getRule',
      'getRules',
      'validateRule',
    ]) {
      expect([name, await user.refusal(`rules.${name}`, { ruleId: 'gate', rule: echo('x') })]).toEqual([
        name,
        'FORBIDDEN',
      ]);
    }
    const { rules } = await admin.get('rules.getRules');
    expect(rules.map(({ id }: { id: string }) => id)).toEqual([
      ...[
        'welcome-user',
        'flag-large-order',
        'vip-customer',
        'timer-start',
        'timer-cancel',
        'loop-a',
        'loop-b',
        'gate',
      ],
      ...['three-strikes', 'cart-abandoned'],
    ]);
  });
});
