import { afterEach, describe, expect, it } from '@jest/globals';
import app from '../../app/app.config.ts';
import { noexWorld } from '../support/noex.ts';

const { auth: _, ...open } = app;
const world = await noexWorld(open);
const client = await world.connect();
afterEach(() => expect(world.errors).toEqual([]));
const uuid = expect.stringMatching(/^[0-9a-f-]{36}$/);

describe('store.insert', () => {
  it('generates, fills in defaults, and answers with the record', async () => {
    const record = await client.get('store.insert', {
      bucket: 'users',
      data: { name: 'Ann', extra: [1, { x: null }] },
    });
    expect(record).toEqual({
      id: uuid,
      name: 'Ann',
      role: 'user',
      credits: 0,
      extra: [1, { x: null }],
      _version: 1,
      _createdAt: expect.any(Number),
      _updatedAt: record._createdAt,
    });
    expect(await client.get('store.get', { bucket: 'users', key: record.id })).toEqual(record);
  });

  it('refuses a key that is taken, and leaves the record alone', async () => {
    await client.get('store.insert', { bucket: 'claims', data: { id: 'one', owner: 'ann' } });
    const answer = await client.ask('store.insert', { bucket: 'claims', data: { id: 'one', owner: 'bob' } });
    expect(answer).toMatchObject({
      code: 'ALREADY_EXISTS',
      details: { bucket: 'claims', field: 'id', value: 'one' },
    });
    expect((await client.get('store.get', { bucket: 'claims', key: 'one' })).owner).toBe('ann');
  });

  it('refuses a unique value that is taken', async () => {
    await client.get('store.insert', { bucket: 'users', data: { name: 'A', email: 'a@example.com' } });
    const answer = await client.ask('store.insert', { bucket: 'users', data: { name: 'B', email: 'a@example.com' } });
    expect(answer).toMatchObject({
      code: 'ALREADY_EXISTS',
      details: { bucket: 'users', field: 'email', value: 'a@example.com' },
    });
  });

  it('tells all that is wrong with a record', async () => {
    const answer = await client.ask('store.insert', { bucket: 'users', data: { email: 'no', credits: -1 } });
    expect(answer.code).toBe('VALIDATION_ERROR');
    expect(answer.details.map(({ field, code }: { field: string; code: string }) => `${field} ${code}`).sort()).toEqual(
      ['credits min', 'email format', 'name required'],
    );
  });

  it.each([
    [{ bucket: 'users' }, 'VALIDATION_ERROR'],
    [{ bucket: '', data: {} }, 'VALIDATION_ERROR'],
    [{ bucket: 'users', data: [] }, 'VALIDATION_ERROR'],
    [{ bucket: 'users', data: 'x' }, 'VALIDATION_ERROR'],
    [{ bucket: 'nowhere', data: {} }, 'BUCKET_NOT_DEFINED'],
    [{ bucket: '__proto__', data: {} }, 'BUCKET_NOT_DEFINED'],
  ])('refuses %p with %s', async (fields, code) => {
    expect(await client.refusal('store.insert', fields)).toBe(code);
  });

  it('checks references', async () => {
    const answer = await client.ask('store.insert', { bucket: 'comments', data: { userId: 'nobody', text: 'hi' } });
    expect(answer).toMatchObject({ code: 'VALIDATION_ERROR', details: [{ field: 'userId', code: 'ref' }] });
    const both = await client.ask('store.insert', { bucket: 'comments', data: { userId: 'nobody' } });
    const codes = [{ code: 'required' }, { code: 'ref' }];
    expect(both).toMatchObject({ code: 'VALIDATION_ERROR', details: codes });
  });

  it('counts up, whatever number somebody chose before', async () => {
    const insert = async (data: object) => (await client.get('store.insert', { bucket: 'tasks', data })).id;
    const first = await insert({ title: 'a' });
    expect(await insert({ title: 'b' })).toBe(first + 1);
    await insert({ id: first + 10, title: 'c' });
    expect(await insert({ title: 'd' })).toBe(first + 11);
  });

  it('goes on counting after the largest numbers there are were chosen', async () => {
    const insert = async (data: object) => (await client.get('store.insert', { bucket: 'tasks', data })).id;
    const first = await insert({ title: 'a' });
    for (const less of [0, 1]) await insert({ id: Number.MAX_SAFE_INTEGER - less, title: 'x' });
    expect([await insert({ title: 'b' }), await insert({ title: 'c' })]).toEqual([first + 1, first + 2]);
  });

  it.each([
    ['numbers', { n: [1e308, 5e-324, -0.1, 9007199254740991, 0] }],
    ['names', { 'a.b': 1, '#': 2, $x: 3, ' ': 4, 'ü🎈': 5, constructor: 6 }],
    ['__proto__', JSON.parse('{"__proto__":{"a":1}}')],
    ['half pairs', { text: '\ud800 and \udc00' }],
    ['depth', { deep: Array.from({ length: 60 }).reduce((inner: unknown) => ({ in: [inner] }), 'end') }],
  ])('keeps %s exactly', async (_, extra) => {
    const { id } = await client.get('store.insert', { bucket: 'users', data: { name: 'exact', extra } });
    const record = await client.get('store.get', { bucket: 'users', key: id });
    expect(JSON.stringify(record.extra)).toBe(JSON.stringify(extra));
  });

  it('lets one of twenty have a unique value, and one of twenty a key', async () => {
    const clients = await Promise.all(Array.from({ length: 20 }, () => world.connect()));
    const codes = async (fields: object) =>
      (await Promise.all(clients.map((one) => one.ask('store.insert', fields)))).map(({ type, code }) => code ?? type);
    const expected = [...Array(19).fill('ALREADY_EXISTS'), 'result'];
    const email = 'everybody@example.com';
    expect((await codes({ bucket: 'users', data: { name: 'x', email } })).sort()).toEqual(expected);
    expect((await codes({ bucket: 'claims', data: { id: 'raced' } })).sort()).toEqual(expected);
  });
});

describe('store.get', () => {
  it('tells 1 from "1", and answers null for what is not there', async () => {
    await client.get('store.insert', { bucket: 'scores', data: { rank: 1, player: 'ann' } });
    expect((await client.get('store.get', { bucket: 'scores', key: 1 })).player).toBe('ann');
    expect(await client.get('store.get', { bucket: 'scores', key: '1' })).toBeNull();
  });

  it.each([{}, { key: null }, { key: {} }, { key: true }])('refuses the key of %p', async (fields) => {
    expect(await client.refusal('store.get', { bucket: 'users', ...fields })).toBe('VALIDATION_ERROR');
  });
});

describe('store.update', () => {
  const counter = async (name: string) => {
    await client.get('store.insert', { bucket: 'counters', data: { name } });
    return name;
  };

  it('merges fields, stores null, and leaves key, version and times to us', async () => {
    const { id, _createdAt } = await client.get('store.insert', { bucket: 'users', data: { name: 'Eve', a: 1, b: 2 } });
    const data = { id: 'other', b: null, c: 3, _version: 99, _createdAt: 1 };
    const record = await client.get('store.update', { bucket: 'users', key: id, data });
    expect(record).toMatchObject({ id, name: 'Eve', a: 1, b: null, c: 3, _version: 2, _createdAt });
    expect(await client.get('store.get', { bucket: 'users', key: id })).toEqual(record);
  });

  it('refuses what would be larger than a record may be, and leaves the record as it was', async () => {
    const { id } = await client.get('store.insert', { bucket: 'users', data: { name: 'growing' } });
    const grow = (field: string) =>
      client.ask('store.update', { bucket: 'users', key: id, data: { [field]: 'x'.repeat(120_000) } });
    await grow('a');
    // These have happened, and only their answers are too large.
    for (const field of ['b', 'c']) expect(await grow(field)).toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
    const details = [{ field: '_record', code: 'custom' }];
    expect(await grow('d')).toMatchObject({ code: 'VALIDATION_ERROR', details });
    expect(await client.get('store.count', { bucket: 'users', filter: { name: 'growing', _version: 4 } })).toBe(1);
  });

  it('refuses what is not there, and what the schema refuses', async () => {
    const missing = await client.ask('store.update', { bucket: 'users', key: 'nobody', data: {} });
    expect(missing).toMatchObject({ code: 'NOT_FOUND', details: { bucket: 'users', key: 'nobody' } });
    const key = await counter('typed');
    expect(await client.refusal('store.update', { bucket: 'counters', key, data: { value: 'x' } })).toBe(
      'VALIDATION_ERROR',
    );
  });

  it('loses none of twenty at the same time', async () => {
    const key = await counter('busy');
    const clients = await Promise.all(Array.from({ length: 20 }, () => world.connect()));
    const fields = clients.map((_, n) => `f${n}`);
    await Promise.all(
      clients.map((one, n) => one.get('store.update', { bucket: 'counters', key, data: { [`f${n}`]: n } })),
    );
    const record = await client.get('store.get', { bucket: 'counters', key });
    expect(record._version).toBe(21);
    expect(fields.map((field) => record[field])).toEqual(clients.map((_, n) => n));
  });

  it('holds to a version, and says which one it is at', async () => {
    const key = await counter('versioned');
    await client.get('store.update', { bucket: 'counters', key, data: { value: 1 }, expectedVersion: 1 });
    const stale = { bucket: 'counters', key, data: { value: 2 }, expectedVersion: 1 };
    expect(await client.ask('store.update', stale)).toMatchObject({
      code: 'CONFLICT',
      details: { bucket: 'counters', key, expectedVersion: 1, actualVersion: 2 },
    });
    expect(await client.ask('store.update', { ...stale, key: 'absent' })).toMatchObject({
      code: 'CONFLICT',
      details: { actualVersion: null },
    });
    expect(await client.refusal('store.update', { ...stale, expectedVersion: 'x' })).toBe('VALIDATION_ERROR');
  });

  it('counts to twenty with versions and retries', async () => {
    const key = await counter('incremented');
    const clients = await Promise.all(Array.from({ length: 20 }, () => world.connect()));
    await Promise.all(
      clients.map(async (one) => {
        for (;;) {
          const { value, _version } = await one.get('store.get', { bucket: 'counters', key });
          const data = { value: value + 1 };
          const answer = await one.ask('store.update', { bucket: 'counters', key, data, expectedVersion: _version });
          if (answer.type === 'result') return;
          expect(answer.code).toBe('CONFLICT');
        }
      }),
    );
    expect((await client.get('store.get', { bucket: 'counters', key })).value).toBe(20);
  });

  it('hands a unique value on, and refuses one that is taken', async () => {
    const insert = (email: string) => client.get('store.insert', { bucket: 'users', data: { name: 'u', email } });
    const [one, two] = [await insert('one@example.com'), await insert('two@example.com')];
    const change = (key: string, email: string) =>
      client.ask('store.update', { bucket: 'users', key, data: { email } });
    expect((await change(two.id, 'one@example.com')).code).toBe('ALREADY_EXISTS');
    expect((await change(one.id, 'three@example.com')).type).toBe('result');
    expect((await change(two.id, 'one@example.com')).type).toBe('result');
  });
});

describe('store.delete', () => {
  it('removes, also what is not there, and frees key and unique values', async () => {
    const data = { id: 'phoenix', name: 'P', email: 'p@example.com' };
    for (let n = 0; n < 3; n++) {
      expect(await client.get('store.insert', { bucket: 'users', data })).toMatchObject({ _version: 1 });
      const key = 'phoenix';
      expect(await client.get('store.delete', { bucket: 'users', key })).toEqual({ deleted: true });
      expect(await client.get('store.delete', { bucket: 'users', key })).toEqual({ deleted: true });
      expect(await client.get('store.get', { bucket: 'users', key })).toBeNull();
    }
  });

  it('takes along what refers to it', async () => {
    const { id } = await client.get('store.insert', { bucket: 'users', data: { name: 'Author' } });
    const comment = async () =>
      (await client.get('store.insert', { bucket: 'comments', data: { userId: id, text: 'x' } })).id;
    const ids = [await comment(), await comment()];
    await client.get('store.delete', { bucket: 'users', key: id });
    for (const key of ids) expect(await client.get('store.get', { bucket: 'comments', key })).toBeNull();
  });

  it('never leaves a reference to nothing, however it races with inserts', async () => {
    for (let n = 0; n < 5; n++) {
      const { id } = await client.get('store.insert', { bucket: 'users', data: { name: 'Raced' } });
      const clients = await Promise.all(Array.from({ length: 6 }, () => world.connect()));
      await Promise.all([
        ...clients.map((one) => one.ask('store.insert', { bucket: 'comments', data: { userId: id, text: 'x' } })),
        client.get('store.delete', { bucket: 'users', key: id }),
      ]);
      expect(await client.get('store.where', { bucket: 'comments', filter: { userId: id } })).toEqual([]);
    }
  });
});
