import { afterEach, describe, expect, it } from '@jest/globals';
import app from '../../app/app.config.ts';
import type { TemporalPattern } from '../../functions/core/rule-definition.ts';
import { eventsOf, ruleNamed, rulesWorld, topicsOf } from '../support/rules.ts';

const pattern = (id: string, one: TemporalPattern, data: object = {}) =>
  ruleNamed(id, {
    trigger: { type: 'temporal', pattern: one },
    actions: [{ type: 'emit_event', topic: `${id}.fired`, data: { group: { ref: 'event.g' }, ...data } }],
  });
const matcher = (topic: string, filter?: object) => ({ topic, ...(filter && { filter: { ...filter } }) });

const world = await rulesWorld({
  definitions: [
    ...(app.rules?.definitions ?? []),
    pattern(
      'bought',
      {
        type: 'sequence',
        events: [{ ...matcher('s.view'), as: 'seen' }, matcher('s.cart'), matcher('s.pay', { ok: true })],
        within: '1m',
        groupBy: 'g',
      },
      { seen: { ref: 'matched.seen.n' }, last: { ref: 'matched.2.data.n' } },
    ),
    pattern('strict', {
      type: 'sequence',
      events: [matcher('t.a'), matcher('t.b')],
      within: '1m',
      groupBy: 'g',
      strict: true,
    }),
    pattern('sum', {
      type: 'aggregate',
      event: matcher('u.paid'),
      field: 'n',
      function: 'sum',
      threshold: 100,
      comparison: 'gte',
      window: '1m',
      groupBy: 'g',
    }),
    pattern('least', { type: 'count', event: matcher('v.*'), threshold: 2, window: '10s' }),
    pattern('silent', {
      type: 'absence',
      after: matcher('w.beat'),
      expected: matcher('w.beat'),
      within: '10s',
      groupBy: 'g',
    }),
    pattern('slow', {
      type: 'absence',
      after: matcher('x.begin'),
      expected: matcher('x.end'),
      within: '2h',
      groupBy: 'g',
    }),
  ],
});
const client = await world.connect();
const { emit, pass } = world;
afterEach(() => expect(world.errors).toEqual([]));

describe('counted events', () => {
  it('lock an account at the third failure, and only then, each user by themselves', async () => {
    const listener = await world.listener('account.locked');
    for (const userId of ['a', 'b', 'a', 'a', 'a', 'b']) await emit(client, 'login.failed', { userId, more: 1 });
    expect(eventsOf(listener).map(({ data }) => data)).toEqual([{ userId: 'a' }]);
    await emit(client, 'login.failed', { userId: 'b' });
    expect(eventsOf(listener).map(({ data }) => data)).toEqual([{ userId: 'a' }, { userId: 'b' }]);
  });

  it('lock an account once when twenty failures come at the same time', async () => {
    const listener = await world.listener('account.locked');
    await Promise.all(Array.from({ length: 20 }, () => emit(client, 'login.failed', { userId: 'raced' })));
    expect(eventsOf(listener).map(({ data }) => data)).toEqual([{ userId: 'raced' }]);
  });

  it('count for as long as the window is', async () => {
    const listener = await world.listener('account.locked');
    await emit(client, 'login.failed', { userId: 'slow' });
    await emit(client, 'login.failed', { userId: 'slow' });
    await pass(61_000);
    await emit(client, 'login.failed', { userId: 'slow' });
    await emit(client, 'login.failed', { userId: 'slow' });
    expect(eventsOf(listener)).toEqual([]);
    await emit(client, 'login.failed', { userId: 'slow' });
    expect(eventsOf(listener)).toHaveLength(1);
  });

  it('fire each time there are enough', async () => {
    const listener = await world.listener('least.fired');
    for (const topic of ['v.1', 'v.2', 'v.3', 'other']) await emit(client, topic);
    expect(eventsOf(listener)).toHaveLength(2);
  });

  it('add up', async () => {
    const listener = await world.listener('sum.fired');
    for (const n of [60, 'text', 39]) await emit(client, 'u.paid', { g: 1, n });
    await emit(client, 'u.paid', { g: 2, n: 99 });
    expect(eventsOf(listener)).toEqual([]);
    await emit(client, 'u.paid', { g: 1, n: 1 });
    expect(eventsOf(listener).map(({ data }) => data)).toEqual([{ group: 1 }]);
  });
});

describe('events in a row', () => {
  it('fire when they have all come, with what was matched', async () => {
    const listener = await world.listener('bought.fired');
    const { timestamp: _, ...first } = await emit(client, 's.view', { g: 'x', n: 1 }, { correlationId: 'c' });
    expect(first.source).toBe('api');
    await emit(client, 's.view', { g: 'x', n: 2 });
    await emit(client, 's.pay', { g: 'x', ok: true });
    await emit(client, 's.cart', { g: 'y' });
    await emit(client, 's.cart', { g: 'x' });
    await emit(client, 's.pay', { g: 'x', ok: false });
    expect(eventsOf(listener)).toEqual([]);
    const last = await emit(client, 's.pay', { g: 'x', ok: true, n: 3 }, { correlationId: 'c' });
    expect(eventsOf(listener)).toMatchObject([{ data: { group: 'x', seen: 1, last: 3 }, causationId: last.id }]);
    await emit(client, 's.pay', { g: 'x', ok: true });
    expect(eventsOf(listener)).toHaveLength(1);
  });

  it('have come too late when their time is over', async () => {
    const listener = await world.listener('bought.fired');
    await emit(client, 's.view', { g: 'late' });
    await emit(client, 's.cart', { g: 'late' });
    await pass(61_000);
    await emit(client, 's.pay', { g: 'late', ok: true });
    expect(eventsOf(listener)).toEqual([]);
  });

  it('are not in a row when another of them comes between, where that is wanted', async () => {
    const listener = await world.listener('strict.fired');
    for (const topic of ['t.a', 't.a', 't.b', 't.a', 'other', 't.b']) await emit(client, topic, { g: 1 });
    expect(eventsOf(listener)).toHaveLength(1);
  });

  it('are completed once by events that come at the same time', async () => {
    const listener = await world.listener('bought.fired');
    for (let round = 0; round < 5; round++) {
      const g = `race-${round}`;
      await emit(client, 's.view', { g });
      await emit(client, 's.cart', { g });
      await Promise.all(Array.from({ length: 6 }, () => emit(client, 's.pay', { g, ok: true })));
    }
    expect(eventsOf(listener).map(({ data }) => data.group)).toEqual([0, 1, 2, 3, 4].map((round) => `race-${round}`));
  });
});

describe('an event that does not come', () => {
  it('is noticed when its time is over: a cart that nobody has paid', async () => {
    const listener = await world.listener('cart.*');
    await emit(client, 'cart.opened', { cartId: 1, more: true });
    await emit(client, 'cart.opened', { cartId: 2 });
    await emit(client, 'cart.opened', { cartId: 1 });
    await emit(client, 'cart.paid', { cartId: 2 });
    await pass(1_000);
    const abandoned = eventsOf(listener).filter(({ topic }) => topic === 'cart.abandoned');
    expect(abandoned).toMatchObject([{ data: { cartId: 1 }, source: 'rule' }]);
    expect(Object.keys(abandoned[0].data)).toEqual(['cartId']);
    for (const ms of [1_000, 10_000, 30_000]) await pass(ms);
    expect(topicsOf(listener).filter((topic) => topic === 'cart.abandoned')).toHaveLength(1);
  });

  it('is awaited anew by an event that both ends the waiting and begins it', async () => {
    const listener = await world.listener('silent.fired');
    for (let beat = 0; beat < 3; beat++) {
      await emit(client, 'w.beat', { g: 'heart' });
      await pass(6_000);
    }
    expect(eventsOf(listener)).toEqual([]);
    await pass(4_000);
    expect(eventsOf(listener)).toHaveLength(1);
  });

  it('is noticed once, however often the reminder comes', async () => {
    const listener = await world.listener('silent.fired');
    await emit(client, 'w.beat', { g: 'doubled' });
    const newest = world.reminders.slice(-1);
    world.reminders.push(...newest, ...newest, ...newest);
    for (let round = 0; round < 8; round++) await pass(10_000);
    expect(eventsOf(listener)).toHaveLength(1);
    expect(world.reminders).toEqual([]);
  });

  it('is noticed after hours', async () => {
    const patient = await rulesWorld({
      definitions: [
        pattern('slow', { type: 'absence', after: matcher('x.begin'), expected: matcher('x.end'), within: '2h' }),
      ],
    });
    const listener = await patient.listener('slow.fired');
    await patient.emit(await patient.connect(), 'x.begin');
    await patient.pass(7_190_000);
    expect(eventsOf(listener)).toEqual([]);
    await patient.pass(10_000);
    expect(eventsOf(listener)).toHaveLength(1);
  });

  it('is not missed by a rule that was switched off meanwhile, nor by one that is another by now', async () => {
    const listener = await world.listener('r.*');
    const rule = {
      ...pattern('r', { type: 'absence', after: matcher('r.after'), expected: matcher('r.end'), within: '5s' }),
    };
    const actions = [{ type: 'emit_event', topic: 'r.fired', data: {} }];
    await client.get('rules.registerRule', { rule: { ...rule, actions } });
    await emit(client, 'r.after');
    await client.get('rules.disableRule', { ruleId: 'r' });
    await pass(6_000);
    await client.get('rules.enableRule', { ruleId: 'r' });
    await pass(60_000);
    await emit(client, 'r.after');
    await client.get('rules.unregisterRule', { ruleId: 'r' });
    await client.get('rules.registerRule', { rule: { ...rule, actions } });
    await pass(60_000);
    expect(topicsOf(listener)).toEqual(['r.after', 'r.after']);
    await emit(client, 'r.after');
    await pass(5_000);
    expect(topicsOf(listener).slice(2)).toEqual(['r.after', 'r.fired']);
  });

  it('is noticed though a process was killed while it was about it', async () => {
    for (let ios = 0; ios < 12; ios++) {
      const listener = await world.listener('silent.fired');
      await emit(client, 'w.beat', { g: `killed-${ios}` });
      world.killNextAfter(ios);
      await pass(10_000);
      world.killNextAfter(Number.POSITIVE_INFINITY);
      for (const ms of [20_000, 20_000, 20_000]) await pass(ms);
      const times = eventsOf(listener).length;
      expect([ios, times >= 1 && times <= 2]).toEqual([ios, true]);
      listener.socket.close();
    }
  });
});

it('what a killed process has begun of a pattern is whole or not there', async () => {
  const fresh = await rulesWorld({ definitions: app.rules?.definitions ?? [] });
  const somebody = await fresh.connect();
  for (let ios = 0; ios < 12; ios++) {
    const userId = `k${ios}`;
    const listener = await fresh.listener('account.locked');
    fresh.killNextAfter(ios);
    fresh.dispatch(
      somebody.socket,
      JSON.stringify({ id: 900 + ios, type: 'rules.emit', topic: 'login.failed', data: { userId } }),
    );
    await fresh.settled();
    fresh.killNextAfter(Number.POSITIVE_INFINITY);
    for (let more = 0; more < 3; more++) await fresh.emit(somebody, 'login.failed', { userId });
    expect([ios, eventsOf(listener).length]).toEqual([ios, 1]);
    listener.socket.close();
  }
});
