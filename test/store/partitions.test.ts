import { afterEach, describe, expect, it } from '@jest/globals';
import type { BucketDefinition } from '../../functions/core/bucket-definition.ts';
import { rowsIn, sizesOf } from '../../functions/core/keys.ts';
import { clearBucket } from '../../functions/store/bucket-definitions.ts';
import { clearedBuckets } from '../../functions/store/cleared.ts';
import { noexWorld } from '../support/noex.ts';
import { streamOver } from '../support/stream.ts';

const plain: BucketDefinition = {
  key: 'id',
  schema: {
    id: { type: 'string' },
    n: { type: 'number' },
    kind: { type: 'string' },
    code: { type: 'string', unique: true },
  },
  indexes: ['n', 'kind'],
};
const world = await noexWorld({
  auth: { required: false, permissions: { check: () => true } },
  buckets: {
    one: plain,
    many: { ...plain, shards: 7, counted: true },
    sortedOne: { ...plain, etsType: 'ordered_set' },
    sortedMany: { ...plain, etsType: 'ordered_set', shards: 7, counted: true },
    bounded: { ...plain, shards: 3, counted: true, maxSize: 4 },
  },
});
const client = await world.connect();
afterEach(() => expect(world.errors).toEqual([]));

const pairs = [
  ['one', 'many'],
  ['sortedOne', 'sortedMany'],
] as const;
const data = Array.from({ length: 90 }, (_, at) => ({
  id: `${(at * 37) % 90}`,
  n: (at * 7) % 13,
  kind: at % 3 === 0 ? 'a' : 'b',
  code: at % 2 === 0 ? `${at}` : null,
}));

/** Without times. */
const shown = (answer: unknown): unknown =>
  JSON.parse(JSON.stringify(answer, (name, value) => (/^_(created|updated)At$/.test(name) ? undefined : value)));

describe('a bucket that is spread over partitions, and counted', () => {
  it('answers as any other', async () => {
    for (const bucket of pairs.flat()) {
      for (const one of data) await client.get('store.insert', { bucket, data: one });
      await client.get('store.updateMany', { bucket, filter: { n: 3 }, data: { n: 4 } });
      await client.get('store.deleteMany', { bucket, filter: { kind: 'a', n: { $lt: 2 } } });
      await client.get('store.upsert', { bucket, data: { id: '7', n: 99 } });
      await client.get('store.transaction', {
        operations: [
          { op: 'delete', bucket, key: '8' },
          { op: 'insert', bucket, data: { id: '8', n: 1 } },
          { op: 'delete', bucket, key: '9' },
        ],
      });
    }
    const questions: [string, object][] = [
      ['all', {}],
      ['where', { filter: { n: 4 } }],
      ['where', { filter: { n: { $in: [4, 5] }, kind: 'b' } }],
      ['where', { filter: { code: '10' } }],
      ['findOne', { filter: { n: 6 } }],
      ['count', {}],
      ['count', { filter: { kind: 'a' } }],
      ['first', { n: 5 }],
      ['first', { n: 500 }],
      ['last', { n: 5 }],
      ['min', { field: 'n' }],
      ['max', { field: 'n' }],
      ['sum', { field: 'n', filter: { kind: 'b' } }],
      ['groupBy', { field: 'kind', aggregate: { function: 'count' } }],
      ['paginate', { limit: 10 }],
      ['paginate', { limit: 10, after: '45' }],
      ['get', { key: '7' }],
    ];
    for (const [one, many] of pairs) {
      for (const [operation, fields] of questions) {
        const answers = await Promise.all(
          [one, many].map((bucket) => client.get(`store.${operation}`, { bucket, ...fields })),
        );
        expect({ operation, fields, answer: shown(answers[1]) }).toEqual({
          operation,
          fields,
          answer: shown(answers[0]),
        });
      }
    }
  });

  it('is read page by page without a gap', async () => {
    for (const bucket of ['many', 'sortedMany']) {
      const ids: string[] = [];
      for (let after: unknown; ; ) {
        const { records, hasMore, nextCursor } = await client.get('store.paginate', { bucket, limit: 7, after });
        ids.push(...records.map(({ id }: { id: string }) => id));
        if (!hasMore) break;
        after = nextCursor;
      }
      expect(new Set(ids).size).toBe(await client.get('store.count', { bucket }));
      if (bucket === 'sortedMany') expect(ids).toEqual([...ids].sort());
    }
  });

  it('lies in all of them, and leaves nothing there when it is cleared', async () => {
    const { table } = world.ports;
    const sizes = await Promise.all(
      Array.from({ length: 7 }, async (_, shard) => (await table.query({ pk: rowsIn('many', 0, shard) })).length),
    );
    expect(Math.min(...sizes)).toBeGreaterThan(0);
    const stream = streamOver(world.ports, [clearedBuckets]);
    await clearBucket(stream.ports, 'many');
    expect(await client.get('store.count', { bucket: 'many' })).toBe(0);
    await stream.drain({ as: world.ports });
    await world.settled();
    for (let shard = 0; shard < 7; shard++) {
      expect(await table.query({ pk: rowsIn('many', 0, shard) })).toEqual([]);
    }
    expect(await table.query({ pk: sizesOf('many', 0) })).toEqual([]);
    await client.get('store.insertMany', { bucket: 'many', data: data.slice(0, 20) });
    expect(await client.get('store.count', { bucket: 'many' })).toBe(20);
  });

  it('counts right whoever writes', async () => {
    const clients = await Promise.all(Array.from({ length: 10 }, () => world.connect()));
    const before = await client.get('store.count', { bucket: 'many' });
    await Promise.all(
      clients.map(async (one, who) => {
        for (let n = 0; n < 8; n++)
          await one.ask('store.insert', { bucket: 'many', data: { id: `new ${(who + n) % 12}` } });
        await one.ask('store.delete', { bucket: 'many', key: `new ${who}` });
      }),
    );
    const counted = await client.get('store.count', { bucket: 'many' });
    expect(counted).toBe((await client.get('store.all', { bucket: 'many' })).length);
    expect(counted).toBeGreaterThan(before);
  });

  it('may be bounded as well', async () => {
    for (const one of data.slice(0, 9)) await client.get('store.insert', { bucket: 'bounded', data: one });
    expect((await client.get('store.all', { bucket: 'bounded' })).map(({ id }: { id: string }) => id)).toEqual(
      data.slice(5, 9).map(({ id }) => id),
    );
    expect(await client.get('store.count', { bucket: 'bounded' })).toBe(4);
  });

  it('may be made at run time; with a lifetime its records are counted one by one', async () => {
    const name = 'late';
    await client.get('store.defineBucket', { name, config: { ...plain, shards: 3, counted: true } });
    await client.get('store.insertMany', { bucket: name, data: data.slice(0, 10) });
    expect(await client.get('store.count', { bucket: name })).toBe(10);
    await client.get('store.updateBucket', { name, updates: { ttl: '1s' } });
    await client.get('store.insertMany', { bucket: name, data: [{ id: 'x' }, { id: 'y' }] });
    expect(await client.get('store.count', { bucket: name })).toBe(12);
    world.advance(1_001);
    expect(await client.get('store.count', { bucket: name })).toBe(10);
    await client.get('store.updateBucket', { name, updates: { ttl: null } });
    expect(await client.get('store.count', { bucket: name })).toBe(10);
  });
});
