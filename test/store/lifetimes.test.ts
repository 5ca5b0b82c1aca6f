import { afterEach, describe, expect, it } from '@jest/globals';
import { noexWorld } from '../support/noex.ts';

const world = await noexWorld({
  buckets: {
    presence: {
      key: 'id',
      ttl: '1s',
      schema: { id: { type: 'string' }, room: { type: 'string' }, seat: { type: 'number', unique: true } },
      indexes: ['room'],
    },
    recent: { key: 'id', maxSize: 3, schema: { id: { type: 'string' }, name: { type: 'string', unique: true } } },
    notes: {
      key: 'id',
      schema: { id: { type: 'string', generated: 'uuid' }, of: { type: 'string', ref: 'recent', onDelete: 'cascade' } },
    },
  },
});
const client = await world.connect();
afterEach(() => expect(world.errors).toEqual([]));

describe('a lifetime', () => {
  it('ends for every read, and frees key and unique values', async () => {
    const bucket = 'presence';
    const data = { id: 'ann', room: 'r', seat: 1 };
    const record = await client.get('store.insert', { bucket, data });
    expect(record._expiresAt).toBe(record._createdAt + 1_000);
    const updated = await client.get('store.update', { bucket, key: 'ann', data: { state: 'x' } });
    expect(updated._expiresAt).toBe(record._expiresAt);
    world.advance(1_001);
    expect(await client.get('store.get', { bucket, key: 'ann' })).toBeNull();
    expect(await client.get('store.all', { bucket })).toEqual([]);
    expect(await client.get('store.where', { bucket, filter: { room: 'r' } })).toEqual([]);
    expect(await client.get('store.count', { bucket })).toBe(0);
    expect(await client.get('store.first', { bucket, n: 1 })).toEqual([]);
    expect(await client.refusal('store.update', { bucket, key: 'ann', data: {} })).toBe('NOT_FOUND');
    const other = await client.get('store.insert', { bucket, data: { ...data, id: 'bob' } });
    expect(other._version).toBe(1);
    expect(await client.get('store.insert', { bucket, data: { id: 'ann', room: 'r' } })).toMatchObject({ _version: 1 });
  });
});

describe('a bounded bucket', () => {
  const bucket = 'recent';
  const ids = async () => (await client.get('store.all', { bucket })).map(({ id }: { id: string }) => id);

  it('keeps the newest, and lets references go along', async () => {
    for (const id of ['a', 'b', 'c']) await client.get('store.insert', { bucket, data: { id, name: id } });
    await client.get('store.insert', { bucket: 'notes', data: { of: 'a' } });
    await client.get('store.insert', { bucket, data: { id: 'd', name: 'd' } });
    expect(await ids()).toEqual(['b', 'c', 'd']);
    expect(await client.get('store.all', { bucket: 'notes' })).toEqual([]);
    await client.get('store.insert', { bucket, data: { id: 'e', name: 'a' } });
    expect(await ids()).toEqual(['c', 'd', 'e']);
  });

  it('has room again after a deletion', async () => {
    await client.get('store.delete', { bucket, key: 'd' });
    await client.get('store.insert', { bucket, data: { id: 'f', name: 'f' } });
    expect(await ids()).toEqual(['c', 'e', 'f']);
  });

  it('never holds more, however many insert at once', async () => {
    const clients = await Promise.all(Array.from({ length: 12 }, () => world.connect()));
    await Promise.all(
      clients.map(async (one, n) => {
        await one.get('store.insert', { bucket, data: { id: `raced ${n}` } });
        expect(await one.get('store.count', { bucket })).toBeLessThanOrEqual(3);
      }),
    );
    expect(await client.get('store.count', { bucket })).toBe(3);
  });

  it('keeps its bound when many come together', async () => {
    const data = Array.from({ length: 5 }, (_, n) => ({ id: `many ${n}` }));
    expect(await client.get('store.insertMany', { bucket, data })).toHaveLength(5);
    expect(await ids()).toEqual(['many 2', 'many 3', 'many 4']);
  });

  it('is empty once cleared, and keeps its bound', async () => {
    expect(await client.get('store.clear', { bucket })).toEqual({ cleared: true });
    expect(await ids()).toEqual([]);
    for (const id of ['a', 'b', 'c', 'd']) await client.get('store.insert', { bucket, data: { id, name: id } });
    expect(await ids()).toEqual(['b', 'c', 'd']);
  });
});
