import { afterEach, describe, expect, it } from '@jest/globals';
import { defineApp } from '../../functions/core/app.ts';
import type { Ports } from '../../functions/core/ports.ts';
import type { Table } from '../../functions/core/table.ts';
import { bucketNamed } from '../../functions/store/bucket-store.ts';
import { askToFinishBuckets, type FinishBucketBody, finishBucket } from '../../functions/store/finish-bucket.ts';
import { store } from '../../functions/store/operations.ts';
import { noexWorld } from '../support/noex.ts';

const coded = (indexes: string[]) => ({
  key: 'id',
  schema: { id: { type: 'string' }, a: { type: 'string' }, b: { type: 'string' }, c: { type: 'string' } } as const,
  indexes,
});
const open = { auth: { required: false, permissions: { check: () => true } } };
const world = await noexWorld({ ...open, buckets: { notes: coded(['a', 'b']) } });
const client = await world.connect();
afterEach(() => expect(world.errors).toEqual([]));

const config = { key: 'id', schema: { id: { type: 'string', generated: 'uuid' }, n: { type: 'number' } } };
let count = 0;
const define = async (more: object = {}) => {
  const name = `bucket-${++count}`;
  await client.get('store.defineBucket', { name, config: { ...config, ...more } });
  return name;
};
const insert = (bucket: string, ...data: object[]) => client.get('store.insertMany', { bucket, data });
const update = (name: string, updates: object) => client.ask('store.updateBucket', { name, updates });
const where = (bucket: string, filter: object) => client.get('store.where', { bucket, filter });
const searchable = async (name: string, ports: Pick<Ports, 'table' | 'app'> = world.ports) => [
  ...(await bucketNamed(ports, name)).searchable,
];

/** Another process, which may have other code or take its time. */
const insertBy = (ports: Ports, bucket: string, data: object) =>
  store.find(({ name }) => name === 'store.insert')?.run(ports, { identity: undefined, ip: '' }, { bucket, data });

/** A minute later everything that a change has left to be done has been asked for. */
async function aMinuteLater() {
  world.advance(60_000);
  await askToFinishBuckets(world.ports);
  await world.settled();
}

describe('store.updateBucket', () => {
  it('adds fields that hold from now on; records stay as they are', async () => {
    const name = await define();
    const [old] = await insert(name, { n: 1, mood: 'old' });
    const answer = await update(name, {
      addFields: { mood: { type: 'string', default: 'fine', enum: ['fine', 'bad'] } },
    });
    expect(answer.data).toEqual({ name, updated: true });
    expect(await where(name, { n: 1 })).toEqual([old]);
    expect((await insert(name, { n: 2 }))[0]).toMatchObject({ mood: 'fine' });
    expect(await client.refusal('store.insert', { bucket: name, data: { mood: 'new' } })).toBe('VALIDATION_ERROR');
    const { config: now } = await client.get('store.getBucketSchema', { name });
    expect(Object.keys(now.schema)).toEqual(['id', 'n', 'mood']);
  });

  it('changes the lifetime of records to come, or takes it away', async () => {
    const name = await define({ ttl: '1h' });
    const [first] = await insert(name, {});
    await update(name, { ttl: '5m' });
    const [second] = await insert(name, {});
    await update(name, { ttl: null });
    const [third] = await insert(name, {});
    expect(first._expiresAt - first._createdAt).toBe(3_600_000);
    expect(second._expiresAt - second._createdAt).toBe(300_000);
    expect(third).not.toHaveProperty('_expiresAt');
    expect((await client.get('store.get', { bucket: name, key: first.id }))._expiresAt).toBe(first._expiresAt);
  });

  it('refuses what cannot be, and changes nothing', async () => {
    const name = await define();
    expect(await update(name, { addFields: { n: { type: 'string' } } })).toMatchObject({ code: 'VALIDATION_ERROR' });
    expect(await update(name, { addIndexes: ['x'] })).toMatchObject({ code: 'VALIDATION_ERROR' });
    expect(await update(name, { ttl: 'soon' })).toMatchObject({ code: 'VALIDATION_ERROR' });
    expect(await update(name, { addFields: { of: { type: 'string', ref: 'nowhere' } } })).toMatchObject({
      code: 'VALIDATION_ERROR',
    });
    expect(await update('nowhere', {})).toMatchObject({ code: 'BUCKET_NOT_DEFINED' });
    expect(await client.get('store.getBucketSchema', { name })).toEqual({ name, config });
  });

  it('of twenty at once loses none', async () => {
    const name = await define();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) => update(name, { addFields: { [`f${n}`]: { type: 'string' } } })),
    );
    expect(answers.map(({ type }) => type)).toEqual(Array(20).fill('result'));
    const { config: now } = await client.get('store.getBucketSchema', { name });
    expect(Object.keys(now.schema)).toHaveLength(22);
  });
});

describe('a new index', () => {
  it('changes no result, and holds old records once it has been built', async () => {
    const name = await define({ schema: { ...config.schema, m: { type: 'number' } }, indexes: ['m'] });
    await insert(name, ...Array.from({ length: 60 }, (_, n) => ({ n: n % 3, m: n % 2 })));
    await update(name, { addIndexes: ['n'] });
    expect(await searchable(name)).toEqual(['m']);
    await insert(name, { n: 1, m: 0 });
    expect(await where(name, { n: 1 })).toHaveLength(21);
    await askToFinishBuckets(world.ports);
    await world.settled();
    expect(await searchable(name)).toEqual(['m']);
    await aMinuteLater();
    expect(await searchable(name)).toEqual(['m', 'n']);
    expect(await where(name, { n: 1 })).toHaveLength(21);
    expect(await where(name, { m: 0 })).toHaveLength(31);
    expect(await client.get('store.min', { bucket: name, field: 'n' })).toBe(0);
  });

  it('is built whatever is written meanwhile, in pages', async () => {
    const name = await define();
    for (let start = 0; start < 600; start += 100) {
      await insert(name, ...Array.from({ length: 100 }, (_, n) => ({ id: String(start + n).padStart(4, '0'), n: 1 })));
    }
    await update(name, { addIndexes: ['n'] });
    const writing = Promise.all(
      Array.from({ length: 30 }, (_, at) =>
        client.get('store.update', { bucket: name, key: String(at * 20).padStart(4, '0'), data: { n: 2 } }),
      ),
    );
    await Promise.all([aMinuteLater(), writing]);
    expect(await searchable(name)).toEqual(['n']);
    expect(await where(name, { n: 1 })).toHaveLength(570);
    expect(await where(name, { n: 2 })).toHaveLength(30);
  });

  it('is built anew when the bucket changes while it is being built', async () => {
    const name = await define({ schema: { ...config.schema, m: { type: 'number' } } });
    await insert(name, { n: 1, m: 1 });
    await update(name, { addIndexes: ['n'] });
    world.advance(60_000);
    await askToFinishBuckets(world.ports);
    await update(name, { addIndexes: ['m'] });
    await world.settled();
    await aMinuteLater();
    expect(await searchable(name)).toEqual(['n', 'm']);
    expect(await where(name, { n: 1 })).toHaveLength(1);
    expect(await where(name, { m: 1 })).toHaveLength(1);
  });

  it('in code comes with the next write, and keeps the others in their places', async () => {
    await insert('notes', { id: '1', a: 'x', b: 'y', c: 'z' });
    const ports: Ports = Object.create(world.ports, {
      app: { value: defineApp({ name: 'test', buckets: { notes: coded(['c', 'b']) } }) },
    });
    expect(await searchable('notes', ports)).toEqual(['a', 'b']);
    await insertBy(ports, 'notes', { id: '2', c: 'z' });
    expect(await searchable('notes', ports)).toEqual(['b']);
    await insert('notes', { id: '3', a: 'x', c: 'z' });
    world.advance(60_000);
    await askToFinishBuckets(ports);
    await world.settled();
    expect(await searchable('notes', ports)).toEqual(['c', 'b']);
    expect(await where('notes', { c: 'z' })).toHaveLength(3);
    expect(await where('notes', { a: 'x' })).toHaveLength(2);
  });
});

describe('a field that becomes unique', () => {
  it('in code is so for records that are there already, once somebody has written', async () => {
    const { id } = { id: { type: 'string' } } as const;
    const withUnique = (unique: boolean): Ports => {
      const ports: Ports = Object.create(world.ports, {
        fanOut: {
          value: {
            async send(jobs: readonly { readonly body: FinishBucketBody }[]) {
              for (const { body } of jobs) await finishBucket(ports, body);
            },
          },
        },
        app: {
          value: defineApp({
            name: 'test',
            buckets: { seats: { key: 'id', schema: { id, seat: { type: 'number', unique } } } },
          }),
        },
      });
      return ports;
    };
    const [before, after] = [withUnique(false), withUnique(true)];
    const taken = { code: 'already_exists' };
    await insertBy(before, 'seats', { id: 'a', seat: 1 });
    await insertBy(after, 'seats', { id: 'b', seat: 2 });
    world.advance(60_000);
    await askToFinishBuckets(after);
    await expect(insertBy(after, 'seats', { id: 'c', seat: 1 })).rejects.toMatchObject(taken);
    // Not unique for a while, so that nobody keeps track; and then again.
    world.advance(600_000);
    await insertBy(before, 'seats', { id: 'd', seat: 3 });
    world.advance(600_000);
    await insertBy(after, 'seats', { id: 'e' });
    world.advance(60_000);
    await askToFinishBuckets(after);
    await expect(insertBy(after, 'seats', { id: 'f', seat: 3 })).rejects.toMatchObject(taken);
    await expect(insertBy(after, 'seats', { id: 'f', seat: 1 })).rejects.toMatchObject(taken);
  });

  const unique = { addFields: { code: { type: 'string', unique: true } } };

  it('is so for records that are there already', async () => {
    const name = await define();
    await insert(name, { id: 'a', code: 'A' }, { id: 'b', code: 'B' }, { id: 'c' }, { id: 'd' });
    expect((await update(name, unique)).type).toBe('result');
    const refused = await client.ask('store.insert', { bucket: name, data: { code: 'A' } });
    expect(refused).toMatchObject({ code: 'ALREADY_EXISTS', details: { bucket: name, field: 'code', value: 'A' } });
    await client.get('store.delete', { bucket: name, key: 'a' });
    await insert(name, { id: 'e', code: 'A' });
    await client.get('store.update', { bucket: name, key: 'b', data: { code: 'B2' } });
    await insert(name, { id: 'f', code: 'B' });
    await aMinuteLater();
    expect(await client.refusal('store.insert', { bucket: name, data: { code: 'B2' } })).toBe('ALREADY_EXISTS');
    expect(await client.refusal('store.insert', { bucket: name, data: { code: 'A' } })).toBe('ALREADY_EXISTS');
  });

  it('is refused while two records have the same value, and nothing has changed', async () => {
    const name = await define();
    await insert(name, { id: 'a', code: 'A' }, { id: 'b', code: 'A' });
    expect(await update(name, unique)).toMatchObject({
      code: 'ALREADY_EXISTS',
      details: { bucket: name, field: 'code', value: 'A' },
    });
    expect(await client.get('store.getBucketSchema', { name })).toEqual({ name, config });
    await insert(name, { id: 'c', code: 'A' });
    await client.get('store.deleteMany', { bucket: name, filter: { id: { $in: ['b', 'c'] } } });
    expect((await update(name, unique)).type).toBe('result');
  });

  it('raced by inserts never lets two have the same value', async () => {
    for (let round = 0; round < 5; round++) {
      const name = await define();
      await insert(name, { id: 'old', code: 'A' });
      const [updated, ...inserted] = await Promise.all([
        update(name, unique),
        ...Array.from({ length: 6 }, () => client.ask('store.insert', { bucket: name, data: { code: 'A' } })),
      ]);
      const holders = (await where(name, { code: 'A' })).length;
      expect(holders).toBe(1 + inserted.filter(({ type }) => type === 'result').length);
      if (updated.type === 'result') expect(holders).toBe(1);
      else expect(updated.code).toBe('ALREADY_EXISTS');
    }
  });
});

it('whoever has taken long to write looks again at what the bucket is', async () => {
  const name = await define();
  const { table } = world.ports;
  let isHeldUp = false;
  const slow: Table = Object.assign(Object.create(table), {
    async get(...key: Parameters<Table['get']>) {
      const found = await table.get(...key);
      if (isHeldUp) return found;
      isHeldUp = true;
      await update(name, { addFields: { code: { type: 'string', enum: ['A'] } } });
      world.advance(1_000);
      return found;
    },
  });
  const ports: Ports = Object.create(world.ports, { table: { value: slow } });
  await expect(insertBy(ports, name, { code: 'B' })).rejects.toMatchObject({ code: 'unacceptable_record' });
  expect(isHeldUp).toBe(true);
  await insertBy(ports, name, { code: 'A' });
});
