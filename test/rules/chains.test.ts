import { afterEach, describe, expect, it } from '@jest/globals';
import { emits, eventsOf, ruleNamed, rulesWorld, topicsOf } from '../support/rules.ts';

const on = (topic: string) => ({ type: 'event', topic }) as const;
const calls: unknown[][] = [];
/** Makes the clock say that a service has taken so long. */
let advance: (ms: number) => void = () => {};
const call = (method: string, ...args: unknown[]) => ({ type: 'call_service', service: 'own', method, args }) as const;

const world = await rulesWorld({
  services: {
    own: {
      note: (...args) => calls.push([...args]),
      fail: async () => {
        throw new Error('out of order');
      },
      hang: () => new Promise(() => {}),
      dawdle: (ms) => advance(Number(ms)),
    },
  },
  definitions: [
    ruleNamed('note', { trigger: on('note'), actions: [call('note', { ref: 'event.a' }, 'b', null), emits('noted')] }),
    ruleNamed('fail', {
      trigger: on('fail'),
      actions: [
        call('fail'),
        call('nothing'),
        { type: 'call_service', service: 'no', method: 'x', args: [] },
        emits('failed'),
      ],
    }),
    ruleNamed('catch', {
      trigger: on('fail'),
      actions: [
        {
          type: 'try_catch',
          try: [call('fail'), emits('never')],
          catch: { as: 'problem', actions: [emits('caught', { message: { ref: 'var.problem.message' } })] },
          finally: [emits('finally')],
        },
      ],
    }),
    ruleNamed('slow-1', { trigger: on('slow'), actions: [call('dawdle', 11_000), emits('slow.1')] }),
    ruleNamed('slow-2', {
      trigger: on('slow'),
      actions: [call('dawdle', 11_000), emits('slow.2', { n: { ref: 'event.n' } })],
    }),
    ruleNamed('slow-3', { trigger: on('slow.2'), actions: [emits('slow.3')] }),
    ruleNamed('endless', {
      trigger: on('endless'),
      actions: [emits('begun'), call('dawdle', 21_000), emits('too.late')],
    }),
    ruleNamed('set', {
      trigger: on('set'),
      actions: [
        { type: 'set_timer', timer: { name: 'slow', duration: '1s', onExpire: { topic: 'timer.rang', data: {} } } },
      ],
    }),
    ruleNamed('slow-timer', {
      trigger: { type: 'timer', name: 'slow' },
      actions: [call('dawdle', 11_000), emits('timer.rule')],
    }),
    ruleNamed('slow-timer-too', { trigger: { type: 'timer', name: 'slow' }, actions: [emits('timer.rule.too')] }),
    ruleNamed('each', {
      trigger: on('each'),
      actions: [
        {
          type: 'for_each',
          collection: { ref: 'event.list' },
          as: 'one',
          actions: [emits('one', { one: { ref: 'var.one' }, at: { ref: 'var.one_index' } })],
        },
      ],
    }),
    ruleNamed('says', {
      trigger: on('says'),
      actions: [{ type: 'log', level: 'warn', message: 'Hello ${event.who}' }],
    }),
  ],
});
advance = world.advance;
const client = await world.connect();
const { emit } = world;
afterEach(() => expect(world.errors).toEqual([]));

const stats = () => client.get('rules.stats');

describe('services of the application', () => {
  it('are called with what the rule says', async () => {
    const listener = await world.listener('noted');
    await emit(client, 'note', { a: { deep: [1] } });
    expect(calls).toEqual([[{ deep: [1] }, 'b', null]]);
    expect(eventsOf(listener)).toHaveLength(1);
  });

  it('that fail, or are not there, are failed actions: the next ones run', async () => {
    const listener = await world.listener('failed', 'caught', 'finally', 'never');
    await emit(client, 'fail');
    expect(eventsOf(listener).map(({ topic, data }) => [topic, data])).toEqual([
      ['failed', {}],
      ['caught', { message: 'out of order' }],
      ['finally', {}],
    ]);
  });

  it('that hang are not waited for longer than five seconds', async () => {
    const hanging = await rulesWorld({
      services: { own: { hang: () => new Promise(() => {}) } },
      definitions: [ruleNamed('hang', { trigger: on('hang'), actions: [call('hang'), emits('went.on')] })],
    });
    const listener = await hanging.listener('went.on');
    await hanging.emit(await hanging.connect(), 'hang');
    expect(eventsOf(listener)).toHaveLength(1);
  });
});

it('rules that multiply come to an end', async () => {
  const multiplying = await rulesWorld({
    definitions: [
      ruleNamed('more', {
        trigger: on('more'),
        actions: [
          {
            type: 'for_each',
            collection: [1, 2, 3, 4, 5],
            as: 'n',
            actions: [emits('more', { text: { ref: 'event.text' } })],
          },
        ],
      }),
    ],
  });
  const listener = await multiplying.listener('more');
  await multiplying.emit(await multiplying.connect(), 'more', { text: 'x'.repeat(100_000) });
  await multiplying.settled();
  expect(eventsOf(listener)).toHaveLength(1 + 99);
});

describe('rules that take long', () => {
  it('go on behind the answer, which waits for ten seconds’ worth of them', async () => {
    const listener = await world.listener('slow.*');
    const before = await stats();
    await emit(client, 'slow', { n: 7 });
    expect(topicsOf(listener)).toEqual([]);
    await world.settled();
    expect(eventsOf(listener).map(({ topic, data }) => [topic, data])).toEqual([
      ['slow.1', {}],
      ['slow.2', { n: 7 }],
      ['slow.3', {}],
    ]);
    const { eventsProcessed, rulesExecuted } = await stats();
    expect([eventsProcessed - before.eventsProcessed, rulesExecuted - before.rulesExecuted]).toEqual([4, 3]);
  });

  it('come before the event of the timer that they wait for, whoever goes on', async () => {
    const listener = await world.listener('timer.*');
    await emit(client, 'set');
    await world.pass(1_000);
    await world.settled();
    expect(topicsOf(listener)).toEqual(['timer.rule', 'timer.rule.too', 'timer.rang']);
  });

  it('end after twenty seconds: actions that come later have failed', async () => {
    const listener = await world.listener('begun', 'too.late');
    await emit(client, 'endless');
    await world.settled();
    expect(topicsOf(listener)).toEqual(['begun']);
  });

  it('are done once, though the queue delivers twice', async () => {
    let moveOn = advance;
    const twice = await rulesWorld({
      services: { own: { dawdle: () => moveOn(11_000) } },
      definitions: [
        ruleNamed('a', { trigger: on('go'), actions: [call('dawdle'), emits('a')] }),
        ruleNamed('b', { trigger: on('go'), actions: [emits('b')] }),
      ],
    });
    moveOn = twice.advance;
    const listener = await twice.listener('a', 'b');
    const somebody = await twice.connect();
    twice.deliverTimes(2);
    await twice.emit(somebody, 'go');
    await twice.settled();
    expect(topicsOf(listener).sort()).toEqual(['a', 'b']);
  });
});

it('a rule runs through a list', async () => {
  const listener = await world.listener('one');
  await emit(client, 'each', { list: ['x', { y: 1 }] });
  expect(eventsOf(listener).map(({ data }) => data)).toEqual([
    { one: 'x', at: 0 },
    { one: { y: 1 }, at: 1 },
  ]);
  await emit(client, 'each', { list: 'no list' });
  expect(eventsOf(listener)).toHaveLength(2);
});

it('statistics count what has been answered, exactly, whoever did it at the same time', async () => {
  const before = await stats();
  expect(before).toEqual({
    rulesCount: 12,
    factsCount: 0,
    timersCount: 0,
    eventsProcessed: expect.any(Number),
    rulesExecuted: expect.any(Number),
    avgProcessingTimeMs: expect.any(Number),
    tracing: { enabled: false, entriesCount: 0, maxEntries: 0 },
  });
  await Promise.all(Array.from({ length: 12 }, () => emit(client, 'note', { a: 1 })));
  await client.get('rules.setFact', { key: 'a:b', value: 1 });
  const after = await stats();
  expect([after.eventsProcessed - before.eventsProcessed, after.rulesExecuted - before.rulesExecuted]).toEqual([
    24, 12,
  ]);
  expect(after.factsCount).toBe(1);
});

it('an event reaches hundreds of listeners once each, in order', async () => {
  const crowd = await Promise.all(
    Array.from({ length: 310 }, async () => {
      const one = await world.connect();
      await one.get('rules.subscribe', { pattern: 'crowd.*' });
      return one;
    }),
  );
  for (let n = 0; n < 3; n++) await emit(client, 'crowd.call', { n });
  await world.settled();
  const wrong = crowd.filter(
    (one) =>
      eventsOf(one)
        .map(({ data }) => data.n)
        .join() !== '0,1,2',
  );
  expect(wrong).toEqual([]);
});
