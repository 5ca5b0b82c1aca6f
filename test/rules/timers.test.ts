import { afterEach, describe, expect, it } from '@jest/globals';
import { emits, eventsOf, ruleNamed, rulesWorld, topicsOf } from '../support/rules.ts';

const timer = (more: object = {}) =>
  ({
    name: 't:${event.id}',
    duration: '10s',
    onExpire: { topic: 'rang', data: { id: { ref: 'event.id' } } },
    ...more,
  }) as const;
const on = (topic: string) => ({ type: 'event', topic }) as const;
const rules = {
  definitions: [
    ruleNamed('set', { trigger: on('set'), actions: [{ type: 'set_timer', timer: timer() }] }),
    ruleNamed('late', { trigger: on('late'), actions: [{ type: 'set_timer', timer: timer({ duration: '2h' }) }] }),
    ruleNamed('often', {
      trigger: on('often'),
      actions: [{ type: 'set_timer', timer: timer({ repeat: { interval: '20s', maxCount: 3 } }) }],
    }),
    ruleNamed('always', {
      trigger: on('always'),
      actions: [{ type: 'set_timer', timer: timer({ repeat: { interval: 20_000 } }) }],
    }),
    ruleNamed('cancel', { trigger: on('cancel'), actions: [{ type: 'cancel_timer', name: 't:${event.id}' }] }),
    ruleNamed('on-timer', {
      trigger: { type: 'timer', name: 't:*' },
      conditions: [{ source: { type: 'event', field: 'timerName' }, operator: 'exists' }],
      actions: [
        { type: 'set_fact', key: 'fired:${event.timerName}', value: { ref: 'event.expiresAt' } },
        emits('rule.ran', { id: { ref: 'event.id' }, timerId: { ref: 'event.timerId' } }),
      ],
    }),
    ruleNamed('on-rule', { trigger: on('rule.ran'), actions: [emits('rule.followed')] }),
    ruleNamed('on-event', { trigger: on('rang'), actions: [emits('event.followed')] }),
  ],
};
const world = await rulesWorld(rules);
const client = await world.connect();
const { emit, pass } = world;
afterEach(() => expect(world.errors).toEqual([]));

const timersCount = async (): Promise<number> => (await client.get('rules.stats')).timersCount;

describe('a timer', () => {
  it('fires once, when its time has come: its rules run, then its event is emitted', async () => {
    const listener = await world.listener('rang', 'rule.ran');
    await emit(client, 'set', { id: '1' }, { correlationId: 'c1' });
    expect(await timersCount()).toBe(1);
    await pass(9_000);
    expect(eventsOf(listener)).toEqual([]);
    await pass(1_000);
    const [ran, rang] = eventsOf(listener);
    expect(rang).toMatchObject({
      topic: 'rang',
      data: { id: '1' },
      source: 'timer',
      correlationId: 'c1',
      causationId: expect.any(String),
    });
    expect(ran).toMatchObject({ data: { id: '1', timerId: rang.causationId }, causationId: rang.causationId });
    const due = await client.get('rules.getFact', { key: 'fired:t:1' });
    expect(rang.timestamp).toBeGreaterThanOrEqual(due);
    await pass(60_000);
    expect([eventsOf(listener).length, await timersCount()]).toEqual([2, 0]);
  });

  it('emits its event when all that its rules have set off is done', async () => {
    const listener = await world.listener('*');
    await emit(client, 'set', { id: 'order' });
    await pass(10_000);
    expect(topicsOf(listener)).toEqual(['set', 'rule.ran', 'rule.followed', 'rang', 'event.followed']);
    listener.socket.close();
  });

  it('never fires once it was cancelled, and from its newest setting when it was set again', async () => {
    const listener = await world.listener('rang');
    await emit(client, 'set', { id: '2' });
    await pass(5_000);
    await emit(client, 'cancel', { id: '2' });
    await emit(client, 'set', { id: '3' });
    await pass(6_000);
    await emit(client, 'set', { id: '3' });
    await pass(6_000);
    expect(eventsOf(listener)).toEqual([]);
    await pass(4_000);
    expect(eventsOf(listener).map(({ data }) => data.id)).toEqual(['3']);
    await pass(60_000);
    expect(eventsOf(listener)).toHaveLength(1);
  });

  it('waits for hours', async () => {
    const patient = await rulesWorld(rules);
    const listener = await patient.listener('rang');
    await patient.emit(await patient.connect(), 'late', { id: '4' });
    await patient.pass(7_190_000);
    expect(eventsOf(listener)).toEqual([]);
    await patient.pass(10_000);
    expect(eventsOf(listener)).toHaveLength(1);
  });

  it('that repeats fires as often as it was told, or until it is cancelled', async () => {
    const listener = await world.listener('rang');
    await emit(client, 'often', { id: '5' });
    await emit(client, 'always', { id: '6' });
    for (const ms of [10_000, 20_000, 20_000, 20_000]) await pass(ms);
    await emit(client, 'cancel', { id: '6' });
    await pass(20_000);
    const heard = eventsOf(listener).map(({ data }) => data.id);
    expect([heard.filter((id) => id === '5').length, heard.filter((id) => id === '6').length]).toEqual([3, 4]);
    expect(await timersCount()).toBe(0);
  });

  it('fires once, however often its reminder comes, and at the same time', async () => {
    const listener = await world.listener('rang');
    await emit(client, 'set', { id: '7' });
    const newest = world.reminders.slice(-1);
    world.reminders.push(...newest, ...newest, ...newest, ...newest);
    for (let round = 0; round < 8; round++) await pass(10_000);
    expect(topicsOf(listener)).toEqual(['rang']);
    expect(world.reminders).toEqual([]);
  });

  it('fires once, whatever becomes of the rules that its event sets off', async () => {
    const conditions = [{ source: { type: 'fact', pattern: '${event.absent}' }, operator: 'exists' }];
    const rule = { id: 'odd', name: 'odd', trigger: on('rang'), conditions, actions: [] };
    await client.get('rules.registerRule', { rule });
    const listener = await world.listener('rang');
    await emit(client, 'set', { id: 'odd' });
    for (let round = 0; round < 30; round++) await pass(10_000);
    expect(topicsOf(listener)).toEqual(['rang']);
    await client.get('rules.unregisterRule', { ruleId: 'odd' });
  });

  it('fires though its reminder comes before it is written', async () => {
    const listener = await world.listener('rang');
    await emit(client, 'set', { id: '8' });
    const shards = [0, 1, 2, 3, 4, 5, 6, 7];
    const rows = await Promise.all(shards.map((shard) => world.ports.table.query({ pk: `TIMERS#${shard}` })));
    const [row] = rows.flat();
    const key = { pk: String(row?.pk), sk: String(row?.sk) };
    await world.ports.table.delete(key);
    await pass(10_000);
    expect(eventsOf(listener)).toEqual([]);
    await world.ports.table.put({ ...row, ...key });
    await pass(20_000);
    expect(topicsOf(listener)).toEqual(['rang']);
  });
});

describe('a process that is killed', () => {
  it('while it sets a timer leaves one that fires, or none', async () => {
    for (let ios = 0; ios < 12; ios++) {
      const listener = await world.listener('rang');
      const id = `k${ios}`;
      world.killNextAfter(ios);
      world.dispatch(
        client.socket,
        JSON.stringify({ id: 1_000 + ios, type: 'rules.emit', topic: 'set', data: { id } }),
      );
      await world.settled();
      world.killNextAfter(Number.POSITIVE_INFINITY);
      const there = await timersCount();
      for (const ms of [10_000, 10_000, 10_000, 30_000]) await pass(ms);
      expect([ios, eventsOf(listener).length]).toEqual([ios, there]);
      expect(await timersCount()).toBe(0);
      listener.socket.close();
    }
    world.lost.splice(0);
  });

  it('while it fires a timer is followed by one that fires it to the end', async () => {
    for (let ios = 0; ios < 14; ios++) {
      const listener = await world.listener('rang', 'rule.ran');
      await emit(client, 'set', { id: `f${ios}` });
      world.killNextAfter(ios);
      await pass(10_000);
      world.killNextAfter(Number.POSITIVE_INFINITY);
      for (const ms of [20_000, 20_000, 20_000]) await pass(ms);
      const heard = topicsOf(listener);
      expect([ios, heard]).toEqual([ios, expect.arrayContaining(['rang', 'rule.ran'])]);
      expect(heard.filter((topic) => topic === 'rang').length).toBeLessThanOrEqual(2);
      expect([ios, await timersCount()]).toEqual([ios, 0]);
      listener.socket.close();
    }
  });
});
