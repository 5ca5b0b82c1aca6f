import { afterEach, describe, expect, it } from '@jest/globals';
import { eventsOf, rulesWorld, topicsOf } from '../support/rules.ts';

const world = await rulesWorld();
const client = await world.connect();
const { emit } = world;
afterEach(() => expect(world.errors).toEqual([]));

describe('an event', () => {
  it('is answered as it is pushed', async () => {
    const listener = await world.listener('hello.*');
    const event = await emit(client, 'hello.world', { deep: [{ a: null }], '': 5e-324 });
    expect(event).toEqual({
      id: expect.any(String),
      topic: 'hello.world',
      data: { deep: [{ a: null }], '': 5e-324 },
      timestamp: expect.any(Number),
      source: 'api',
    });
    expect(eventsOf(listener)).toEqual([event]);
    const push = listener.frames().at(-1);
    expect(push).toEqual({
      type: 'push',
      channel: 'event',
      subscriptionId: expect.any(String),
      data: { topic: 'hello.world', event },
    });
  });

  it('has empty data where it was given none', async () => {
    expect(await client.get('rules.emit', { topic: 'bare' })).toMatchObject({ data: {} });
  });

  it('carries a correlation id, and a cause only with one', async () => {
    const both = await emit(client, 'a', {}, { correlationId: 'c1', causationId: 'e0' });
    expect([both.correlationId, both.causationId]).toEqual(['c1', 'e0']);
    const alone = await emit(client, 'a', {}, { causationId: 'e0' });
    expect('causationId' in alone || 'correlationId' in alone).toBe(false);
  });

  it.each([
    [{}],
    [{ topic: '' }],
    [{ topic: 7 }],
    [{ topic: 'é'.repeat(257) }],
    [{ topic: 'a', data: [] }],
    [{ topic: 'a', data: null }],
    [{ topic: 'a', data: 'text' }],
    [{ topic: 'a', correlationId: '' }],
    [{ topic: 'a', correlationId: 7 }],
  ])('is refused as %j', async (fields) => {
    expect(await client.refusal('rules.emit', fields)).toBe('VALIDATION_ERROR');
  });

  it('that would fit no push is refused before anything happens', async () => {
    const listener = await world.listener('large');
    const answer = await client.ask('rules.emit', { topic: 'large', data: { text: 'x'.repeat(131_000) } });
    expect([answer.code, answer.details.limit]).toEqual(['PAYLOAD_TOO_LARGE', 131_072 - 256]);
    expect(eventsOf(listener)).toEqual([]);
  });

  it('fits its push if only just, however long JSON makes its topic', async () => {
    const topic = '\u0001'.repeat(512);
    const listener = await world.listener(topic);
    const refused = await client.ask('rules.emit', { topic, data: { text: 'x'.repeat(130_000) } });
    const { bytes, limit } = refused.details;
    const text = 'x'.repeat(130_000 - (bytes - limit));
    expect(await client.refusal('rules.emit', { topic, data: { text: `${text}x` } })).toBe('PAYLOAD_TOO_LARGE');
    await emit(client, topic, { text });
    const [push = ''] = listener.socket.texts.slice(-1);
    expect(Buffer.byteLength(push)).toBeGreaterThan(131_072 - 256);
    expect(Buffer.byteLength(push)).toBeLessThanOrEqual(131_072);
  });
});

describe('rules', () => {
  it('have run when the event that set them off is answered', async () => {
    const listener = await world.listener('user.*');
    await emit(client, 'user.registered', { userId: 'u1', more: true }, { correlationId: 'c1' });
    expect(await client.get('rules.getFact', { key: 'user:u1:registered' })).toBe(true);
    const [cause, effect] = eventsOf(listener);
    expect(effect).toMatchObject({
      topic: 'user.welcomed',
      data: { userId: 'u1' },
      source: 'rule',
      correlationId: 'c1',
      causationId: cause.id,
    });
    expect(Object.keys(effect.data)).toEqual(['userId']);
  });

  it('run if their conditions hold', async () => {
    const listener = await world.listener('order.flagged', 'door.*');
    await emit(client, 'order.created', { orderId: 1, total: 99.9 });
    await emit(client, 'order.created', { orderId: 2, total: 100 });
    await emit(client, 'order.created', { orderId: 3, total: '100' });
    await emit(client, 'door.open', { door: 'd', who: 'alice' });
    await emit(client, 'door.open', { door: 'd', who: 'eve' });
    await client.get('rules.setFact', { key: 'door:d:locked', value: true });
    await emit(client, 'door.open', { door: 'd', who: 'bob' });
    const heard = eventsOf(listener).filter(({ source }) => source === 'rule');
    expect(heard.map(({ topic, data }) => [topic, data])).toEqual([
      ['order.flagged', { orderId: 2, total: 100 }],
      ['door.opened', { door: 'd', who: 'alice' }],
      ['door.denied', { door: 'd', who: 'eve' }],
    ]);
  });

  it('take a fact that cannot be for absent, and the event goes on', async () => {
    const listener = await world.listener('door.*');
    const data = { door: 'x'.repeat(1_100), who: 'alice' };
    await emit(client, 'door.open', data);
    expect(topicsOf(listener)).toEqual(['door.open', 'door.opened']);
  });

  it.each([
    ['pattern', { source: { type: 'fact', pattern: '${event.k}' }, operator: 'not_exists' }],
    ['ref', { source: { type: 'event', field: 'no' }, operator: 'eq', value: { ref: 'fact.${event.k}' } }],
  ])('take a fact whose %s has become empty for absent', async (id, condition) => {
    const actions = [{ type: 'emit_event', topic: `${id}.done`, data: {} }];
    const rule = { id, name: id, trigger: { type: 'event', topic: id }, conditions: [condition], actions };
    await client.get('rules.registerRule', { rule });
    const listener = await world.listener(`${id}.*`);
    await emit(client, id);
    expect(topicsOf(listener)).toEqual([`${id}.done`]);
  });

  it('that feed each other come to an end: eleven events for one', async () => {
    const listener = await world.listener('loop.*');
    await emit(client, 'loop.a', { id: 'x' });
    expect(topicsOf(listener)).toEqual(Array.from({ length: 11 }, (_, at) => (at % 2 === 0 ? 'loop.a' : 'loop.b')));
  });

  it('are not there for an application that declares none, whatever is asked', async () => {
    const bare = await rulesWorld({ enabled: false });
    const somebody = await bare.connect();
    for (const [type, fields] of [
      ['emit', { topic: 'a' }],
      ['emit', {}],
      ['getRules', {}],
      ['nothing', {}],
    ] as const) {
      const answer = await somebody.refusal(`rules.${type}`, fields);
      expect([type, answer]).toEqual([type, type === 'nothing' ? 'UNKNOWN_OPERATION' : 'RULES_NOT_AVAILABLE']);
    }
  });
});
