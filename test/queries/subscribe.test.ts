import { afterEach, describe, expect, it } from '@jest/globals';
import app from '../../app/app.config.ts';
import { liveQuery } from '../support/live-queries.ts';
import { noexWorld } from '../support/noex.ts';

const { auth: _, ...open } = app;
const world = await noexWorld(open);
const client = await world.connect();
afterEach(() => expect(world.errors.splice(0)).toEqual([]));

const insert = (bucket: string, data: object) => client.get('store.insert', { bucket, data });

describe('store.subscribe', () => {
  it('answers with an id and the present result, and then pushes that result', async () => {
    await insert('claims', { id: 'one', owner: 'ann' });
    const { frames, get } = await world.connect();
    const { subscriptionId, data, ...rest } = await get('store.subscribe', { query: 'user-count' });
    expect(rest).toEqual({});
    expect(data).toBe(0);
    const [, answer, push, ...more] = frames();
    expect(answer).toMatchObject({ id: 1, type: 'result' });
    expect(push).toEqual({ type: 'push', channel: 'subscription', subscriptionId, data: 0, seq: expect.any(Number) });
    expect(more).toEqual([]);
  });

  it('pushes the whole new result after each change, with rising numbers', async () => {
    const other = await world.connect();
    const query = await liveQuery(other, 'products-by-category', { category: 'tea' });
    expect(query.data).toEqual([]);
    const green = await insert('products', { title: 'Green', category: 'tea' });
    const black = await insert('products', { title: 'Black', category: 'tea' });
    const cheaper = await client.get('store.update', { bucket: 'products', key: green.id, data: { price: 2 } });
    await client.get('store.delete', { bucket: 'products', key: black.id });
    expect(query.pushes()).toEqual([[green], [green, black], [cheaper, black], [cheaper]]);
    const numbers = other.frames().flatMap(({ seq }) => seq ?? []);
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
  });

  it.each([
    ['', {}, 'VALIDATION_ERROR'],
    [7, {}, 'VALIDATION_ERROR'],
    ['nothing', {}, 'QUERY_NOT_DEFINED'],
    ['broken', {}, 'INTERNAL_ERROR'],
    ['user-count', { initialPush: 'no' }, 'VALIDATION_ERROR'],
  ])('refuses the query %p with %o as %s', async (query, more, code) => {
    expect(await client.refusal('store.subscribe', { query, ...more })).toBe(code);
    world.errors.splice(0);
  });
});
