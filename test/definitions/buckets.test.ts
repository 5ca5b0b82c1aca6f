import { afterEach, describe, expect, it } from '@jest/globals';
import { noexWorld } from '../support/noex.ts';

const world = await noexWorld({
  auth: { required: false, permissions: { check: () => true } },
  buckets: {
    people: { key: 'id', schema: { id: { type: 'string' }, name: { type: 'string', default: () => 'nobody' } } },
  },
});
const client = await world.connect();
afterEach(() => expect(world.errors).toEqual([]));

const schema = { id: { type: 'string', generated: 'uuid' }, name: { type: 'string', required: true } };
const config = { key: 'id', schema, indexes: ['name'] };
let count = 0;
const fresh = () => `bucket-${++count}`;
const define = async (more: object = {}, name = fresh()) => {
  await client.get('store.defineBucket', { name, config: { ...config, ...more } });
  return name;
};
const insert = (bucket: string, data: object) => client.get('store.insert', { bucket, data });
const code = (answer: { code?: string; type: string }) => answer.code ?? answer.type;

/** No key of the table may be as long. */
const long = 'b'.repeat(3_000);
it.each([
  ['store.get', { bucket: long, key: 'a' }],
  ['store.clear', { bucket: long }],
  ['store.dropBucket', { name: long }],
  ['store.updateBucket', { name: long, updates: {} }],
  ['store.getBucketSchema', { name: long }],
])('%s knows no bucket of a name that nothing can have', async (type, fields) => {
  expect(await client.refusal(type, fields)).toBe('BUCKET_NOT_DEFINED');
});

describe('store.defineBucket', () => {
  it('makes a bucket that everybody can use once it is answered', async () => {
    const name = fresh();
    expect(await client.get('store.defineBucket', { name, config })).toEqual({ name, created: true });
    const other = await world.connect();
    const record = await other.get('store.insert', { bucket: name, data: { name: 'Ann' } });
    expect(record).toMatchObject({ name: 'Ann', _version: 1 });
    expect(await other.refusal('store.insert', { bucket: name, data: {} })).toBe('VALIDATION_ERROR');
    expect(await other.get('store.where', { bucket: name, filter: { name: 'Ann' } })).toEqual([record]);
    expect((await other.get('store.buckets')).names).toEqual(['people', name]);
    expect((await other.get('store.stats')).indexes.perBucket).toMatchObject({ [name]: 1 });
  });

  it.each([
    ['a key that is no field', { key: 'x' }],
    ['an index on nothing', { indexes: ['x'] }],
    ['a reference to a name that nothing can have', { schema: { ...schema, a: { type: 'string', ref: long } } }],
    ['a type that is none', { schema: { ...schema, a: { type: 'text' } } }],
    ['something that cannot be generated', { schema: { id: { type: 'string', generated: 'luck' } } }],
    ['a format that is none', { schema: { ...schema, a: { type: 'string', format: 'phone' } } }],
    ['a bad lifetime', { ttl: 'soon' }],
    ['a bad bound', { maxSize: 0 }],
    ['a reference to nothing', { schema: { ...schema, a: { type: 'string', ref: 'nowhere' } } }],
  ])('refuses %s', async (_, more) => {
    const name = fresh();
    const answer = await client.ask('store.defineBucket', { name, config: { ...config, ...more } });
    expect(answer).toMatchObject({ code: 'VALIDATION_ERROR', message: expect.stringContaining(name) });
    expect(answer).not.toHaveProperty('details');
    expect(await client.refusal('store.count', { bucket: name })).toBe('BUCKET_NOT_DEFINED');
  });

  it('refuses names that are taken or reserved, and what is no definition', async () => {
    const name = await define();
    expect(await client.refusal('store.defineBucket', { name, config })).toBe('ALREADY_EXISTS');
    expect(await client.refusal('store.defineBucket', { name: 'people', config })).toBe('ALREADY_EXISTS');
    expect(await client.refusal('store.defineBucket', { name: '_mine', config })).toBe('VALIDATION_ERROR');
    expect(await client.refusal('store.defineBucket', { name: fresh() })).toBe('VALIDATION_ERROR');
    expect(await client.refusal('store.defineBucket', { config })).toBe('VALIDATION_ERROR');
  });

  it('raced by twenty is won by one', async () => {
    const name = fresh();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, maxSize) =>
        client.ask('store.defineBucket', { name, config: { ...config, maxSize: maxSize + 1 } }),
      ),
    );
    expect(answers.map(code).sort()).toEqual([...Array(19).fill('ALREADY_EXISTS'), 'result']);
    const winner = answers.findIndex(({ type }) => type === 'result');
    expect((await client.get('store.getBucketSchema', { name })).config.maxSize).toBe(winner + 1);
  });

  it('takes any name, also such as look like a key', async () => {
    for (const name of ['a#b', 'a%23b', 'ä ö', 'constructor', 'toString']) {
      await define({}, name);
      expect(await insert(name, { name: 'x' })).toMatchObject({ name: 'x' });
      expect(await client.get('store.count', { bucket: name })).toBe(1);
    }
  });
});

describe('store.getBucketSchema', () => {
  it('says what was given, and of buckets in code all that is no function', async () => {
    const given = { ...config, persistent: true, note: 'mine' };
    const name = await define(given);
    expect(await client.get('store.getBucketSchema', { name })).toEqual({ name, config: given });
    expect(await client.get('store.getBucketSchema', { name: 'people' })).toEqual({
      name: 'people',
      config: { key: 'id', schema: { id: { type: 'string' }, name: { type: 'string' } } },
    });
    expect(await client.refusal('store.getBucketSchema', { name: 'nowhere' })).toBe('BUCKET_NOT_DEFINED');
  });
});

describe('store.dropBucket', () => {
  it('removes it with its records; under the same name it comes back empty', async () => {
    const name = await define({ schema: { ...schema, code: { type: 'string', unique: true } }, maxSize: 3 });
    for (let round = 0; round < 2; round++) {
      await insert(name, { id: 'one', name: 'Ann', code: 'A' });
      expect(await client.get('store.dropBucket', { name })).toEqual({ name, dropped: true });
      expect(await client.refusal('store.get', { bucket: name, key: 'one' })).toBe('BUCKET_NOT_DEFINED');
      expect(await client.refusal('store.dropBucket', { name })).toBe('BUCKET_NOT_DEFINED');
      expect((await client.get('store.buckets')).names).not.toContain(name);
      await define({ schema: { ...schema, code: { type: 'string', unique: true } }, maxSize: 3 }, name);
      expect(await client.get('store.all', { bucket: name })).toEqual([]);
      expect(await client.get('store.count', { bucket: name })).toBe(0);
    }
    await insert(name, { id: 'one', name: 'Ann', code: 'A' });
  });

  it('leaves alone what is declared in code', async () => {
    expect(await client.refusal('store.dropBucket', { name: 'people' })).toBe('FORBIDDEN');
    expect(await client.refusal('store.updateBucket', { name: 'people', updates: {} })).toBe('FORBIDDEN');
  });

  it('raced by inserts leaves nothing that comes back', async () => {
    for (let round = 0; round < 5; round++) {
      const name = await define();
      const answers = await Promise.all([
        client.ask('store.dropBucket', { name }),
        ...Array.from({ length: 10 }, (_, n) => client.ask('store.insert', { bucket: name, data: { name: `${n}` } })),
      ]);
      expect(code(answers[0])).toBe('result');
      for (const one of answers.slice(1)) expect(['result', 'BUCKET_NOT_DEFINED']).toContain(code(one));
      await define({}, name);
      expect(await client.get('store.all', { bucket: name })).toEqual([]);
    }
  });

  it('raced by twenty happens once', async () => {
    const name = await define();
    const answers = await Promise.all(Array.from({ length: 20 }, () => client.ask('store.dropBucket', { name })));
    expect(answers.map(code).sort()).toEqual([...Array(19).fill('BUCKET_NOT_DEFINED'), 'result']);
  });
});

describe('references between buckets that are made at run time', () => {
  it.each(['cascade', 'set_null'] as const)('hold: %s', async (onDelete) => {
    const target = await define();
    const source = await define({ schema: { ...schema, of: { type: 'string', ref: target, onDelete } } });
    const { id } = await insert(target, { name: 'Ann' });
    await insert(source, { id: 'n', name: 'note', of: id });
    expect(await client.refusal('store.insert', { bucket: source, data: { name: 'x', of: 'nobody' } })).toBe(
      'VALIDATION_ERROR',
    );
    await client.get('store.delete', { bucket: target, key: id });
    const left = await client.get('store.get', { bucket: source, key: 'n' });
    if (onDelete === 'cascade') expect(left).toBeNull();
    else expect(left).toMatchObject({ of: null, _version: 2 });
  });

  it('hold to buckets in code and to themselves, and end with the bucket that refers', async () => {
    await insert('people', { id: 'ann' });
    await insert('people', { id: 'bob' });
    const source = await define({ schema: { ...schema, who: { type: 'string', ref: 'people' } } });
    await insert(source, { name: 'note', who: 'ann' });
    const refused = await client.ask('store.delete', { bucket: 'people', key: 'ann' });
    expect(refused).toMatchObject({ code: 'CONFLICT', details: { reason: 'referenced', sourceBucket: source } });
    await client.get('store.dropBucket', { name: source });
    expect(await client.get('store.delete', { bucket: 'people', key: 'ann' })).toEqual({ deleted: true });
    const tree = fresh();
    await define({ schema: { ...schema, parent: { type: 'string', ref: tree, onDelete: 'cascade' } } }, tree);
    await insert(tree, { id: 'root', name: 'root' });
    await insert(tree, { id: 'leaf', name: 'leaf', parent: 'root' });
    await client.get('store.delete', { bucket: tree, key: 'root' });
    expect(await client.get('store.count', { bucket: tree })).toBe(0);
  });

  it('to a bucket that was dropped refer to nothing', async () => {
    const target = await define();
    const source = await define({ schema: { ...schema, of: { type: 'string', ref: target } } });
    await insert(target, { id: 'one', name: 'Ann' });
    await client.get('store.dropBucket', { name: target });
    expect(await client.refusal('store.insert', { bucket: source, data: { name: 'x', of: 'one' } })).toBe(
      'VALIDATION_ERROR',
    );
    await define({}, target);
    await insert(target, { id: 'one', name: 'Ann' });
    await insert(source, { name: 'x', of: 'one' });
    expect(await client.refusal('store.delete', { bucket: target, key: 'one' })).toBe('CONFLICT');
  });

  it('hold for whoever is deleted while the referring bucket is made', async () => {
    for (let round = 0; round < 5; round++) {
      const target = await define();
      await insert(target, { id: 'one', name: 'Ann' });
      const source = fresh();
      const refer = async () => {
        await define({ schema: { ...schema, of: { type: 'string', ref: target } } }, source);
        return client.ask('store.insert', { bucket: source, data: { id: 'x', name: 'x', of: 'one' } });
      };
      const [referred, deleted] = await Promise.all([
        refer(),
        client.ask('store.delete', { bucket: target, key: 'one' }),
      ]);
      expect([code(referred), code(deleted)].sort()).not.toEqual(['result', 'result']);
    }
  });
});
