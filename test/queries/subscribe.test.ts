import { afterEach, describe, expect, it } from '@jest/globals';
import * as z from 'zod/mini';
import app from '../../app/app.config.ts';
import { liveQuery } from '../support/live-queries.ts';
import { noexWorld } from '../support/noex.ts';

const { auth: _, ...open } = app;
const Checked = z.object({ limit: z._default(z.int(), 3) });
const world = await noexWorld({
  ...open,
  queries: { ...app.queries, checked: { params: Checked, run: (_, params) => params } },
});
const client = await world.connect();
afterEach(() => expect(world.errors.splice(0)).toEqual([]));

const insert = (bucket: string, data: object) => client.get('store.insert', { bucket, data });

describe('store.subscribe', () => {
  it('answers with an id and the present result, and then pushes that result', async () => {
    const { frames, get } = await world.connect();
    const { subscriptionId, data, ...rest } = await get('store.subscribe', { query: 'user-count' });
    expect(rest).toEqual({});
    expect(data).toBe(0);
    const [, answer, push, ...more] = frames();
    expect(answer).toMatchObject({ id: 1, type: 'result' });
    expect(push).toEqual({ type: 'push', channel: 'subscription', subscriptionId, data: 0, seq: expect.any(Number) });
    expect(more).toEqual([]);
  });

  it.each([
    ['initialPush: false in the request', {}, { initialPush: false }, 0],
    ['initialPush=0 when it connected', { initialPush: '0' }, {}, 0],
    ['initialPush=0 when it connected, whatever the request says', { initialPush: '0' }, { initialPush: true }, 0],
    ['any other word when it connected', { initialPush: '1' }, {}, 1],
  ])('pushes the first result or not: %s', async (_, query, more, count) => {
    const { pushes } = await liveQuery(await world.connect({ query }), 'user-count', undefined, more);
    expect(pushes().length).toBe(count);
  });

  it('answers null where the query has no result', async () => {
    expect((await liveQuery(client, 'user-by-id', { id: 'nobody' })).data).toBeNull();
  });

  it('is another subscription each time, and each is pushed to', async () => {
    const other = await world.connect();
    const [one, two] = [
      await liveQuery(other, 'counter', { name: 'twice' }),
      await liveQuery(other, 'counter', { name: 'twice' }),
    ];
    expect(one?.id).not.toBe(two?.id);
    const record = await insert('counters', { name: 'twice' });
    expect([one?.pushes(), two?.pushes()]).toEqual([[record], [record]]);
  });

  it('takes a missing parameter for none, and null for no parameters', async () => {
    expect((await liveQuery(client, 'tasks-by-status', null)).data).toEqual([]);
    expect((await liveQuery(client, 'tasks-by-status')).data).toEqual([]);
  });

  it.each([
    ['', {}, 'VALIDATION_ERROR'],
    [7, {}, 'VALIDATION_ERROR'],
    ['nothing', {}, 'QUERY_NOT_DEFINED'],
    ['broken', {}, 'INTERNAL_ERROR'],
    ['user-count', { initialPush: 'no' }, 'VALIDATION_ERROR'],
    ['users-by-role', {}, 'VALIDATION_ERROR'],
    ['users-by-role', { params: { role: 7 } }, 'VALIDATION_ERROR'],
    ['cheapest-products', { params: { category: 'books', limit: 0 } }, 'VALIDATION_ERROR'],
    ['tasks-by-status', { params: { status: { $near: 1 } } }, 'VALIDATION_ERROR'],
  ])('refuses the query %p with %o as %s', async (query, more, code) => {
    expect(await client.refusal('store.subscribe', { query, ...more })).toBe(code);
    world.errors.splice(0);
  });

  it('checks parameters where the query declares them, and fills in what is absent', async () => {
    const refused = await client.ask('store.subscribe', { query: 'checked', params: { limit: 'many' } });
    expect(refused).toMatchObject({ code: 'VALIDATION_ERROR', message: expect.stringContaining('limit') });
    expect((await liveQuery(client, 'checked', { limit: 5 })).data).toEqual({ limit: 5 });
    expect((await liveQuery(client, 'checked')).data).toEqual({ limit: 3 });
  });

  it('says nothing of what a query throws, and leaves nothing behind', async () => {
    const other = await world.connect();
    const { message } = await other.ask('store.subscribe', { query: 'broken' });
    expect(message).not.toContain('boom');
    expect(world.errors.splice(0)).not.toEqual([]);
    const limit = app.connectionLimits?.maxSubscriptionsPerConnection ?? 0;
    for (let count = 0; count < limit; count += 1) await liveQuery(other, 'user-count');
    expect(await other.refusal('store.subscribe', { query: 'user-count' })).toBe('RATE_LIMITED');
  });
});

describe('a subscription', () => {
  it('is pushed the whole new result after each change, with rising numbers', async () => {
    const other = await world.connect();
    const query = await liveQuery(other, 'products-by-category', { category: 'tea' });
    const green = await insert('products', { title: 'Green', category: 'tea' });
    const black = await insert('products', { title: 'Black', category: 'tea' });
    const cheaper = await client.get('store.update', { bucket: 'products', key: green.id, data: { price: 2 } });
    await client.get('store.delete', { bucket: 'products', key: black.id });
    expect([query.data, ...query.pushes()]).toEqual([[], [green], [green, black], [cheaper, black], [cheaper]]);
    const numbers = other.frames().flatMap(({ seq }) => seq ?? []);
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
  });

  it('is pushed to the writer itself, too', async () => {
    const query = await liveQuery(client, 'counter', { name: 'own' });
    const record = await insert('counters', { name: 'own' });
    expect(query.pushes()).toEqual([record]);
  });

  it('hears nothing of what does not change its result', async () => {
    const { id } = await insert('tasks', { title: 'Sleep', status: 'doing' });
    const byStatus = await liveQuery(client, 'tasks-by-status', { status: 'doing' });
    const todo = await liveQuery(client, 'tasks-by-status', { status: 'todo' });
    expect(byStatus.data).toEqual([{ id, title: 'Sleep', priority: 3 }]);
    await client.get('store.update', { bucket: 'tasks', key: id, data: { labels: ['late'] } });
    await insert('tasks', { title: 'Eat', status: 'done' });
    expect([...byStatus.pushes(), ...todo.pushes()]).toEqual([]);
    await client.get('store.update', { bucket: 'tasks', key: id, data: { status: 'todo' } });
    expect(byStatus.pushes()).toEqual([[]]);
    expect(todo.pushes()).toEqual([[{ id, title: 'Sleep', priority: 3 }]]);
  });

  it('hears of a transaction once, with its whole effect', async () => {
    const user = await insert('users', { name: 'Tea drinker' });
    const query = await liveQuery(client, 'user-with-logs', { userId: user.id });
    const log = (action: string) => ({ op: 'insert', bucket: 'logs', data: { action, userId: user.id } });
    const { results } = await client.get('store.transaction', {
      operations: [log('in'), log('out'), { op: 'update', bucket: 'users', key: user.id, data: { credits: 5 } }],
    });
    const [first, second, changed] = results.map(({ data }: { data: unknown }) => data);
    expect(query.pushes()).toEqual([{ user: changed, logs: [first, second] }]);
  });

  it('hears of a transaction that is undone nothing at all', async () => {
    const query = await liveQuery(client, 'counter', { name: 'undone' });
    const operations = [
      { op: 'insert', bucket: 'counters', data: { name: 'undone' } },
      { op: 'update', bucket: 'counters', key: 'nobody', data: {} },
    ];
    expect(await client.refusal('store.transaction', { operations })).toBe('NOT_FOUND');
    expect(query.pushes()).toEqual([]);
  });

  it('hears of cascades, evictions, and of a bucket that is cleared', async () => {
    const user = await insert('users', { name: 'Writer', role: 'writer' });
    const writers = await liveQuery(client, 'users-by-role', { role: 'writer' });
    await client.get('store.delete', { bucket: 'users', key: user.id });
    expect(writers.view()).toEqual([]);
    const products = await liveQuery(client, 'products-by-category', { category: 'cleared' });
    await insert('products', { title: 'Soon gone', category: 'cleared' });
    const byKey = await liveQuery(client, 'counter', { name: 'cleared' });
    await insert('counters', { name: 'cleared' });
    expect(byKey.view()).not.toBeNull();
    await client.get('store.clear', { bucket: 'products' });
    await client.get('store.clear', { bucket: 'counters' });
    expect([products.view(), byKey.view()]).toEqual([[], null]);
  });

  it('hears of what many operations do together', async () => {
    const query = await liveQuery(client, 'category-stats', { category: 'bulk' });
    expect(query.data).toEqual({ count: 0, stock: 0, minPrice: null, maxPrice: null });
    const many = [3, 1, 2].map((price) => ({ title: `At ${price}`, category: 'bulk', price, stock: 10 }));
    await client.get('store.insertMany', { bucket: 'products', data: many });
    expect(query.pushes()).toEqual([{ count: 3, stock: 30, minPrice: 1, maxPrice: 3 }]);
    const cheapest = await liveQuery(client, 'cheapest-products', { category: 'bulk', limit: 2 });
    expect(cheapest.data.map(({ title }: { title: string }) => title)).toEqual(['At 1', 'At 2']);
    await client.get('store.updateMany', { bucket: 'products', filter: { category: 'bulk' }, data: { stock: 1 } });
    expect(query.view()).toEqual({ count: 3, stock: 3, minPrice: 1, maxPrice: 3 });
    expect(cheapest.pushes()).toEqual([]);
    await client.get('store.deleteMany', { bucket: 'products', filter: { category: 'bulk' } });
    expect(query.view()).toEqual(query.data);
  });
});

describe('store.unsubscribe', () => {
  it('ends a subscription, and no other', async () => {
    const [one, two] = [
      await liveQuery(client, 'counter', { name: 'ended' }),
      await liveQuery(client, 'counter', { name: 'ended' }),
    ];
    expect(await client.get('store.unsubscribe', { subscriptionId: one?.id })).toEqual({ unsubscribed: true });
    const record = await insert('counters', { name: 'ended' });
    expect([one?.pushes(), two?.pushes()]).toEqual([[], [record]]);
    expect(await client.refusal('store.unsubscribe', { subscriptionId: one?.id })).toBe('NOT_FOUND');
  });

  it.each([
    [{}, 'VALIDATION_ERROR'],
    [{ subscriptionId: '' }, 'VALIDATION_ERROR'],
    [{ subscriptionId: 'nobody' }, 'NOT_FOUND'],
  ])('refuses %o', async (fields, code) => {
    expect(await client.refusal('store.unsubscribe', fields)).toBe(code);
  });

  it('does not end what another connection has subscribed to', async () => {
    const { id } = await liveQuery(client, 'user-count');
    const other = await world.connect();
    expect(await other.refusal('store.unsubscribe', { subscriptionId: id })).toBe('NOT_FOUND');
  });
});
