import { afterEach, describe, expect, it } from '@jest/globals';
import { rowsIn } from '../../functions/core/keys.ts';
import { clearedBuckets } from '../../functions/store/cleared.ts';
import { noexWorld } from '../support/noex.ts';

const world = await noexWorld({
  buckets: {
    users: {
      key: 'id',
      schema: { id: { type: 'string', generated: 'uuid' }, email: { type: 'string', unique: true } },
    },
  },
});
const client = await world.connect();
afterEach(() => expect(world.errors).toEqual([]));
const bucket = 'users';

/** The change as the table's stream tells it. */
const change = (before: number, after: number) => ({
  eventName: 'MODIFY' as const,
  dynamodb: {
    SequenceNumber: '1',
    Keys: { pk: { S: 'BUCKET#users' }, sk: { S: 'BUCKET' } },
    OldImage: { generation: { N: String(before) } },
    NewImage: { generation: { N: String(after) } },
  },
});

describe('store.clear', () => {
  it('removes everything at once, and frees unique values', async () => {
    const data = Array.from({ length: 30 }, (_, n) => ({ email: `${n}@example.com` }));
    await client.get('store.insertMany', { bucket, data });
    expect(await client.get('store.clear', { bucket })).toEqual({ cleared: true });
    expect(await client.get('store.count', { bucket })).toBe(0);
    expect(await client.get('store.insertMany', { bucket, data })).toHaveLength(30);
    expect(await client.get('store.count', { bucket })).toBe(30);
  });

  it('leaves nothing in the table once its stream has been read, however often', async () => {
    for (let n = 0; n < 2; n++) {
      expect(clearedBuckets.reads(change(0, 1))).toBe(true);
      await clearedBuckets.read(world.ports, change(0, 1));
      await world.settled();
    }
    expect(await world.ports.table.query({ pk: rowsIn('users', 0) })).toEqual([]);
    expect(await world.ports.table.query({ pk: 'UNIQUE#users#0#email#s:1@example.com' })).toEqual([]);
    expect(await client.get('store.count', { bucket })).toBe(30);
    expect(clearedBuckets.reads(change(1, 1))).toBe(false);
  });

  it('of a bucket that nobody has written to is fine', async () => {
    const fresh = await noexWorld({ buckets: { empty: { key: 'id', schema: { id: { type: 'string' } } } } });
    const first = await fresh.connect();
    expect(await first.get('store.clear', { bucket: 'empty' })).toEqual({ cleared: true });
    expect(await first.refusal('store.clear', { bucket: 'nowhere' })).toBe('BUCKET_NOT_DEFINED');
  });

  it('keeps what is inserted after it, whoever inserts', async () => {
    for (let n = 0; n < 10; n++) {
      const others = await Promise.all(Array.from({ length: 4 }, () => world.connect()));
      await Promise.all([
        client.get('store.clear', { bucket }),
        ...others.map((one) => one.get('store.insert', { bucket, data: {} })),
      ]);
      const { id } = await client.get('store.insert', { bucket, data: {} });
      expect((await client.get('store.get', { bucket, key: id })).id).toBe(id);
      expect(await client.get('store.count', { bucket })).toBeLessThanOrEqual(5 * (n + 1));
    }
  });
});
