import { afterEach, describe, expect, it } from '@jest/globals';
import { eventsOf, exampleWorld, rulesWorld, topicsOf } from '../support/rules.ts';

const world = await rulesWorld();
const client = await world.connect();
const { emit } = world;
afterEach(() => expect(world.errors).toEqual([]));

describe('a subscription', () => {
  it('is answered with its id, and nothing is pushed for what was before', async () => {
    await emit(client, 'before');
    const listener = await world.connect();
    expect(await listener.get('rules.subscribe', { pattern: '*' })).toEqual({ subscriptionId: expect.any(String) });
    expect(eventsOf(listener)).toEqual([]);
  });

  it.each([
    ['order.created', ['order.created'], ['order', 'order.created.eu', 'order.paid']],
    ['order.*', ['order.created', 'order.created.eu'], ['order', 'orders.created']],
    ['*', ['order', 'order.created', 'a.b.c'], []],
    ['a.*.c', ['a.b.c'], ['a.c', 'a.b.b.c', 'a.b']],
    ['*.a', ['b.a'], ['a', 'c.b.a']],
    ['or*.a', ['or*.a'], ['order.a']],
    ['#.$', ['#.$'], ['#.x']],
  ])('to %s hears %j and not %j', async (pattern, hears, misses) => {
    const listener = await world.listener(pattern);
    for (const topic of [...hears, ...misses]) await emit(client, topic);
    expect(topicsOf(listener).filter((topic) => [...hears, ...misses].includes(topic))).toEqual(hears);
  });

  it('hears an event once, and so does each other one that matches', async () => {
    const listener = await world.connect();
    const ids: string[] = [];
    for (const pattern of ['x.*', 'x.*', '*', 'x.y', '*.y', 'y.*']) {
      ids.push((await listener.get('rules.subscribe', { pattern })).subscriptionId);
    }
    await emit(client, 'x.y');
    expect(new Set(ids).size).toBe(6);
    expect(ids.map((id) => eventsOf(listener, id).length)).toEqual([1, 1, 1, 1, 1, 0]);
  });

  it('hears what is emitted one after another in that order, and causes before effects', async () => {
    const listener = await world.listener('*');
    const others = await Promise.all([world.connect(), world.connect()]);
    await Promise.all(
      others.map(async (other, who) => {
        for (let n = 0; n < 10; n++) await emit(other, 'user.registered', { userId: `${who}.${n}`, who, n });
      }),
    );
    const heard = eventsOf(listener);
    for (const who of [0, 1]) {
      const mine = heard.filter(({ topic, data }) => topic === 'user.registered' && data.who === who);
      expect(mine.map(({ data }) => data.n)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    }
    const positionOf = (topic: string, userId: string) =>
      heard.findIndex((event) => event.topic === topic && event.data.userId === userId);
    for (let n = 0; n < 10; n++) {
      expect(positionOf('user.registered', `0.${n}`)).toBeLessThan(positionOf('user.welcomed', `0.${n}`));
    }
  });

  it('ends once: nothing is pushed any more, and it is not found again', async () => {
    const listener = await world.connect();
    const [a, b] = [
      (await listener.get('rules.subscribe', { pattern: 'bye.*' })).subscriptionId,
      (await listener.get('rules.subscribe', { pattern: 'bye.bye' })).subscriptionId,
    ];
    expect(await listener.get('rules.unsubscribe', { subscriptionId: a })).toEqual({ unsubscribed: true });
    await emit(client, 'bye.bye');
    expect([eventsOf(listener, a), eventsOf(listener, b)]).toMatchObject([[], [{ topic: 'bye.bye' }]]);
    expect(await listener.refusal('rules.unsubscribe', { subscriptionId: a })).toBe('NOT_FOUND');
    expect(await client.refusal('rules.unsubscribe', { subscriptionId: b })).toBe('NOT_FOUND');
    const both = await Promise.all([1, 2].map(() => listener.ask('rules.unsubscribe', { subscriptionId: b })));
    expect(both.map(({ type }) => type).sort()).toEqual(['error', 'result']);
    expect(await world.ports.connections.query({ pk: 'MEMBER#topics:bye' })).toEqual([]);
    expect(await world.ports.table.query({ pk: 'HEAD#topics:bye' })).toEqual([]);
  });

  it.each([[{}], [{ pattern: '' }], [{ pattern: 1 }], [{ pattern: 'x'.repeat(513) }]])(
    'is refused as %j',
    async (fields) => {
      expect(await client.refusal('rules.subscribe', fields)).toBe('VALIDATION_ERROR');
    },
  );

  it.each([[{}], [{ subscriptionId: '' }], [{ subscriptionId: 1 }]])('is not ended by %j', async (fields) => {
    expect(await client.refusal('rules.unsubscribe', fields)).toBe('VALIDATION_ERROR');
  });

  it('ends with its connection, and leaves nothing behind', async () => {
    const listener = await world.listener('gone.a', 'gone.b', '*');
    listener.socket.close();
    await world.settled();
    await emit(client, 'gone.a');
    expect(eventsOf(listener)).toEqual([]);
    expect(await world.ports.connections.query({ pk: 'MEMBER#topics:gone' })).toEqual([]);
  });

  it('of a socket that has vanished ends with the first event', async () => {
    const listener = await world.listener('lost.*');
    listener.socket.vanish();
    await emit(client, 'lost.x');
    expect(await world.ports.connections.query({ pk: 'MEMBER#topics:lost' })).toEqual([]);
  });
});

it('what a killed process has begun of a subscription goes with its connection', async () => {
  const world = await rulesWorld();
  for (let ios = 0; ios < 10; ios++) {
    const somebody = await world.connect();
    world.killNextAfter(ios);
    world.dispatch(somebody.socket, JSON.stringify({ id: 1, type: 'rules.subscribe', pattern: `killed${ios}.*` }));
    await world.settled();
    world.killNextAfter(Number.POSITIVE_INFINITY);
    somebody.socket.close();
    await world.settled();
    expect(await world.ports.connections.query({ pk: `MEMBER#topics:killed${ios}` })).toEqual([]);
  }
  const shards = [0, 1, 2, 3, 4, 5, 6, 7].map((shard) => ({ pk: `SUBSCRIPTIONS#${shard}`, sk: 'SUBSCRIPTIONS' }));
  const counts = await world.ports.connections.batchGet(shards);
  expect(counts.reduce((sum, { live }) => sum + Number(live), 0)).toBe(0);
});

describe('the limit of subscriptions', () => {
  it('holds exactly, however many come at once, and lets new ones in for those that end', async () => {
    const limited = await rulesWorld({}, { connectionLimits: { maxSubscriptionsPerConnection: 5 } });
    const somebody = await limited.connect();
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, at) => somebody.ask('rules.subscribe', { pattern: `p${at % 3}.${at}` })),
    );
    const done = answers.filter(({ type }) => type === 'result');
    expect(done).toHaveLength(5);
    const refused = answers.find(({ type }) => type === 'error');
    expect(refused).toMatchObject({
      code: 'RATE_LIMITED',
      message: 'Subscription limit reached (max 5 per connection)',
    });
    expect(refused && 'details' in refused).toBe(false);
    await somebody.get('rules.unsubscribe', { subscriptionId: done[0]?.data.subscriptionId });
    await somebody.get('rules.subscribe', { pattern: 'more' });
    expect(await somebody.refusal('rules.subscribe', { pattern: 'too.many' })).toBe('RATE_LIMITED');
    expect(limited.errors).toEqual([]);
  });

  it('holds for all connections together as well', async () => {
    const limited = await rulesWorld({}, { connectionLimits: { maxTotalSubscriptions: 11 } });
    const crowd = await Promise.all(Array.from({ length: 4 }, () => limited.connect()));
    const answers = await Promise.all(
      crowd.flatMap((one) => Array.from({ length: 4 }, (_, at) => one.ask('rules.subscribe', { pattern: `p${at}` }))),
    );
    expect(answers.filter(({ type }) => type === 'result')).toHaveLength(11);
    for (const one of crowd) one.socket.close();
    await limited.settled();
    const late = await limited.connect();
    const again = await Promise.all(
      Array.from({ length: 13 }, (_, at) => late.ask('rules.subscribe', { pattern: `q${at}` })),
    );
    expect(again.filter(({ type }) => type === 'result')).toHaveLength(11);
  });
});

describe('in the example, a user', () => {
  it('neither emits nor hears what is for administrators, whatever they subscribe to', async () => {
    const shop = await exampleWorld();
    const user = await shop.signedIn('user@example.com');
    const admin = await shop.signedIn('admin@example.com');
    for (const pattern of ['*', '*.secret', 'public']) await user.get('rules.subscribe', { pattern });
    for (const pattern of ['admin.*', 'admin.secret']) {
      expect(await user.refusal('rules.subscribe', { pattern })).toBe('FORBIDDEN');
    }
    expect(await user.refusal('rules.emit', { topic: 'admin.secret' })).toBe('FORBIDDEN');
    await admin.get('rules.subscribe', { pattern: '*' });
    await shop.emit(admin, 'admin.secret');
    await shop.emit(admin, 'public');
    expect([topicsOf(user), topicsOf(admin)]).toEqual([
      ['public', 'public'],
      ['admin.secret', 'public'],
    ]);
    expect(shop.errors).toEqual([]);
  });

  it('who signs in as somebody else hears what they may hear, and nothing after signing out', async () => {
    const shop = await exampleWorld();
    const admin = await shop.signedIn('admin@example.com');
    const { sessionKey: asUser } = await shop.person('user@example.com');
    const { sessionKey: asAdmin } = await shop.person('admin@example.com');
    const changing = await shop.connect();
    await changing.get('auth.login', { token: asUser });
    await changing.get('rules.subscribe', { pattern: '*' });
    await shop.emit(admin, 'admin.1');
    await changing.get('auth.login', { token: asAdmin });
    await shop.emit(admin, 'admin.2');
    await changing.get('auth.login', { token: asUser });
    await shop.emit(admin, 'admin.3');
    await changing.get('auth.logout');
    await shop.emit(admin, 'public');
    expect(topicsOf(changing)).toEqual(['admin.2']);
    expect(changing.frames().filter(({ type }) => type === 'system')).toMatchObject([
      { event: 'subscription_ended', reason: 'logout' },
    ]);
  });

  it('hears nothing once their session is over', async () => {
    const shop = await exampleWorld();
    const admin = await shop.signedIn('admin@example.com');
    const person = await shop.person('user@example.com');
    const user = await shop.connect();
    await user.get('auth.login', { token: person.sessionKey });
    await user.get('rules.subscribe', { pattern: '*' });
    await shop.emit(admin, 'public');
    shop.advance(person.expireTimeMs - Date.now() + 1_000);
    const other = await shop.signedIn('admin@example.com');
    await shop.emit(other, 'late');
    expect(topicsOf(user)).toEqual(['public']);
  });
});
