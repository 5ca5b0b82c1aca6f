import { afterEach, describe, expect, it } from '@jest/globals';
import app from '../../app/app.config.ts';
import { noexWorld } from '../support/noex.ts';

const { auth: _, ...open } = app;
const world = await noexWorld(open);
const client = await world.connect();
afterEach(() => expect(world.errors).toEqual([]));

describe('store.insertMany', () => {
  it('inserts all, in order, or none', async () => {
    const records = await client.get('store.insertMany', { bucket: 'tasks', data: [{ title: 'a' }, { title: 'b' }] });
    expect(records.map(({ title }: { title: string }) => title)).toEqual(['a', 'b']);
    expect(records[1].id).toBe(records[0].id + 1);
    const bad = { bucket: 'claims', data: [{ id: 'x' }, { id: 'y' }, { id: 'x' }] };
    expect(await client.refusal('store.insertMany', bad)).toBe('ALREADY_EXISTS');
    expect(await client.get('store.count', { bucket: 'claims' })).toBe(0);
    expect(await client.get('store.insertMany', { bucket: 'claims', data: [] })).toEqual([]);
  });
});

describe('store.updateMany and store.deleteMany', () => {
  it('change what matches, and answer how many', async () => {
    const data = Array.from({ length: 30 }, (_, n) => ({ action: 'log', userId: n < 25 ? 'ann' : 'bob' }));
    await client.get('store.insertMany', { bucket: 'logs', data });
    const filter = { userId: 'ann' };
    expect(await client.get('store.updateMany', { bucket: 'logs', filter, data: { userId: 'cat' } })).toBe(25);
    expect(await client.get('store.count', { bucket: 'logs', filter: { userId: 'cat' } })).toBe(25);
    expect(await client.get('store.deleteMany', { bucket: 'logs', filter: { userId: 'bob' } })).toBe(5);
    expect(await client.get('store.count', { bucket: 'logs' })).toBe(25);
    expect(await client.get('store.deleteMany', { bucket: 'logs', filter: { userId: 'bob' } })).toBe(0);
  });
});

describe('a change of many records of which one is refused', () => {
  it('leaves the others changed or not, and nothing changes once it has been answered', async () => {
    const key = { type: 'string' } as const;
    const validate = ({ id, mark }: Readonly<Record<string, unknown>>) => (mark && id === '0' ? ['not this one'] : []);
    const strict = await noexWorld({ buckets: { some: { key: 'id', schema: { id: key, mark: key }, validate } } });
    const one = await strict.connect();
    const data = Array.from({ length: 25 }, (_, n) => ({ id: String(n) }));
    await one.get('store.insertMany', { bucket: 'some', data });
    const mark = { bucket: 'some', filter: {}, data: { mark: 'x' } };
    expect(await one.refusal('store.updateMany', mark)).toBe('VALIDATION_ERROR');
    const marked = () => one.get('store.count', { bucket: 'some', filter: { mark: 'x' } });
    const count = await marked();
    expect(count).toBe(9);
    await strict.settled();
    expect(await marked()).toBe(count);
  });
});

describe('store.upsert', () => {
  it('inserts, then updates', async () => {
    const upsert = (data: object) => client.get('store.upsert', { bucket: 'counters', data });
    expect(await upsert({ name: 'n' })).toMatchObject({ value: 0, _version: 1 });
    expect(await upsert({ name: 'n', value: 5 })).toMatchObject({ value: 5, _version: 2 });
    expect(await client.refusal('store.upsert', { bucket: 'counters', data: { value: 1 } })).toBe('VALIDATION_ERROR');
  });

  it('of twenty at once inserts one and loses none', async () => {
    const clients = await Promise.all(Array.from({ length: 20 }, () => world.connect()));
    await Promise.all(
      clients.map((one, n) => one.get('store.upsert', { bucket: 'counters', data: { name: 'all', [`f${n}`]: n } })),
    );
    const record = await client.get('store.get', { bucket: 'counters', key: 'all' });
    expect(record._version).toBe(20);
    expect(clients.every((_, n) => record[`f${n}`] === n)).toBe(true);
  });
});
