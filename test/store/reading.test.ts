import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import app from '../../app/app.config.ts';
import { noexWorld } from '../support/noex.ts';

const { auth: _, ...open } = app;
const world = await noexWorld(open);
const client = await world.connect();
afterEach(() => expect(world.errors).toEqual([]));

const bucket = 'products';
const titles = (records: readonly { title: string }[]) => records.map(({ title }) => title);
const where = async (filter: object) => titles(await client.get('store.where', { bucket, filter }));
const keys: string[] = [];

beforeAll(async () => {
  const stock = [
    { title: 'a', price: 3, category: 'tea', tags: ['x'] },
    { title: 'b', price: 1, category: 'tea' },
    { title: 'c', price: 2, category: 'mugs', note: null },
    { title: 'd', price: 10, category: 'tea', note: '5' },
    { title: 'e', price: 5, category: 'mugs', note: 5 },
  ];
  for (const data of stock) keys.push((await client.get('store.insert', { bucket, data })).id);
});

describe('store.all', () => {
  it('keeps the order of insertion, which an update does not change', async () => {
    await client.get('store.update', { bucket, key: keys[0], data: { stock: 7 } });
    expect(titles(await client.get('store.all', { bucket }))).toEqual(['a', 'b', 'c', 'd', 'e']);
  });
});

describe('store.where', () => {
  it.each([
    [{}, ['a', 'b', 'c', 'd', 'e']],
    [{ category: 'tea' }, ['a', 'b', 'd']],
    [{ category: 'tea', price: 1 }, ['b']],
    [{ category: { $in: ['mugs', 'tea', 'mugs'] } }, ['a', 'b', 'c', 'd', 'e']],
    [{ category: 'none' }, []],
    [{ note: '5' }, ['d']],
    [{ note: 5 }, ['e']],
    [{ note: null }, ['c']],
    [{ note: { $exists: true } }, ['d', 'e']],
    [{ tags: ['x'] }, []],
    [{ price: { $gt: 1, $lte: 3 } }, ['a', 'c']],
    [{ $or: [{ title: 'a' }, { category: 'mugs' }] }, ['a', 'c', 'e']],
    [{ $or: [] }, []],
  ])('%j finds %j', async (filter, expected) => {
    expect(await where(filter)).toEqual(expected);
  });

  it('finds by key', async () => {
    expect(await where({ id: keys[3] })).toEqual(['d']);
    expect(await where({ id: { $in: [keys[3], keys[1], 7, null] } })).toEqual(['b', 'd']);
  });

  it.each([undefined, null, [], 'x', { price: { $near: 1 } }, { category: { $in: 'tea' } }])(
    'refuses the filter %j',
    async (filter) => {
      expect(await client.refusal('store.where', { bucket, filter })).toBe('VALIDATION_ERROR');
    },
  );

  it('reads of an indexed field cost what they find', async () => {
    const many = await noexWorld(open);
    const reader = await many.connect();
    await reader.get('store.insertMany', {
      bucket,
      data: Array.from({ length: 90 }, (_, n) => ({ title: `${n}`, category: n === 50 ? 'rare' : 'common' })),
    });
    expect(titles(await reader.get('store.where', { bucket, filter: { category: 'rare' } }))).toEqual(['50']);
  });
});

describe('store.findOne', () => {
  it('answers the first match or null', async () => {
    expect((await client.get('store.findOne', { bucket, filter: { category: 'mugs' } })).title).toBe('c');
    expect((await client.get('store.findOne', { bucket, filter: { price: { $gt: 3 } } })).title).toBe('d');
    expect(await client.get('store.findOne', { bucket, filter: { title: 'z' } })).toBeNull();
  });
});

describe('store.count', () => {
  it('counts all, or what matches', async () => {
    expect(await client.get('store.count', { bucket })).toBe(5);
    expect(await client.get('store.count', { bucket, filter: null })).toBe(5);
    expect(await client.get('store.count', { bucket, filter: { category: 'tea' } })).toBe(3);
    expect(await client.get('store.count', { bucket, filter: { price: { $lt: 3 } } })).toBe(2);
  });
});

describe('store.first and store.last', () => {
  it('answer in ascending order', async () => {
    expect(titles(await client.get('store.first', { bucket, n: 2 }))).toEqual(['a', 'b']);
    expect(titles(await client.get('store.last', { bucket, n: 2 }))).toEqual(['d', 'e']);
    expect(titles(await client.get('store.last', { bucket, n: 99 }))).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it.each([0, -1, 1.5, '1', null, undefined])('refuse n = %p', async (n) => {
    expect(await client.refusal('store.first', { bucket, n })).toBe('VALIDATION_ERROR');
  });

  it('of an ordered set go by key, numbers before texts', async () => {
    for (const rank of [30, -1, 4, 0.5]) await client.get('store.insert', { bucket: 'scores', data: { rank } });
    const ranks = async (type: string, fields: object) =>
      (await client.get(type, { bucket: 'scores', ...fields })).map(({ rank }: { rank: number }) => rank);
    expect(await ranks('store.first', { n: 3 })).toEqual([-1, 0.5, 4]);
    expect(await ranks('store.last', { n: 2 })).toEqual([4, 30]);
    expect(await ranks('store.all', {})).toEqual([30, -1, 4, 0.5]);
    const page = await client.get('store.paginate', { bucket: 'scores', limit: 2, after: -1 });
    expect(page).toMatchObject({ hasMore: true, nextCursor: 4 });
  });
});

describe('store.paginate', () => {
  const page = (fields: object) => client.get('store.paginate', { bucket, limit: 2, ...fields });

  it('goes on after the last key, to the end', async () => {
    const first = await page({});
    expect([titles(first.records), first.hasMore, first.nextCursor]).toEqual([['a', 'b'], true, keys[1]]);
    const second = await page({ after: first.nextCursor });
    expect([titles(second.records), second.hasMore]).toEqual([['c', 'd'], true]);
    const third = await page({ after: second.nextCursor });
    expect([titles(third.records), third.hasMore]).toEqual([['e'], false]);
    expect(await page({ after: third.nextCursor })).toEqual({ records: [], hasMore: false });
    expect(await page({ after: 'unknown' })).toEqual({ records: [], hasMore: false });
    expect(await page({ after: null })).toEqual(first);
  });
});

describe('figures', () => {
  const figure = (type: string, fields: object) => client.get(`store.${type}`, { bucket, field: 'price', ...fields });

  it('are of all, of what matches, and of nothing', async () => {
    const of = async (fields: object) => Promise.all(['sum', 'avg', 'min', 'max'].map((type) => figure(type, fields)));
    expect(await of({})).toEqual([21, 4.2, 1, 10]);
    expect(await of({ filter: { category: 'tea' } })).toEqual([14, 14 / 3, 1, 10]);
    expect(await of({ field: 'title' })).toEqual([0, 0, null, null]);
  });

  it('of groups', async () => {
    const groups = await client.get('store.groupBy', {
      bucket,
      field: 'category',
      aggregate: { function: 'sum', field: 'price' },
    });
    expect(groups).toEqual([
      { key: { category: 'tea' }, value: 14 },
      { key: { category: 'mugs' }, value: 7 },
    ]);
    const missing = { bucket, field: 'category', aggregate: { function: 'sum' } };
    expect(await client.refusal('store.groupBy', missing)).toBe('VALIDATION_ERROR');
  });
});

describe('store.buckets and store.stats', () => {
  it('list what there is', async () => {
    const { count, names } = await client.get('store.buckets');
    expect(count).toBe(11);
    expect(names).toContain('products');
    const stats = await client.get('store.stats');
    expect(stats.name).toBe('chorus');
    expect(stats.records.perBucket.products).toBe(5);
    expect(stats.indexes.perBucket.users).toBe(2);
  });
});
