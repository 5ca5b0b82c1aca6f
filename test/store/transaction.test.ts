import { afterEach, describe, expect, it } from '@jest/globals';
import app from '../../app/app.config.ts';
import { noexWorld } from '../support/noex.ts';

const { auth: _, ...open } = app;
const world = await noexWorld(open);
const client = await world.connect();
afterEach(() => expect(world.errors).toEqual([]));

const transact = (...operations: unknown[]) => client.ask('store.transaction', { operations });
const results = async (...operations: unknown[]) => {
  const answer = await transact(...operations);
  if (answer.type !== 'result') throw new Error(JSON.stringify(answer));
  return answer.data.results.map(({ data }: { data: unknown }) => data);
};
const get = (bucket: string, key: unknown) => client.get('store.get', { bucket, key });
const counter = (name: string, value = 0) => client.get('store.insert', { bucket: 'counters', data: { name, value } });

describe('a transaction', () => {
  it('answers each operation in order, which see what those before them did', async () => {
    const answer = await transact(
      { op: 'insert', bucket: 'claims', data: { id: 't1', owner: 'ann' } },
      { op: 'get', bucket: 'claims', key: 't1' },
      { op: 'update', bucket: 'claims', key: 't1', data: { owner: 'bob' } },
      { op: 'where', bucket: 'claims', filter: { owner: 'bob' } },
      { op: 'count', bucket: 'claims' },
      { op: 'findOne', bucket: 'claims', filter: { owner: 'ann' } },
      { op: 'delete', bucket: 'claims', key: 'nobody' },
    );
    expect(Object.keys(answer.data)).toEqual(['results']);
    const record = { id: 't1', owner: 'ann', _version: 1 };
    expect(answer.data.results).toMatchObject([
      { index: 0, data: record },
      { index: 1, data: record },
      { index: 2, data: { owner: 'bob', _version: 2 } },
      { index: 3, data: [{ id: 't1', owner: 'bob' }] },
      { index: 4, data: 1 },
      { index: 5, data: null },
      { index: 6, data: { deleted: true } },
    ]);
    expect(await get('claims', 't1')).toMatchObject({ owner: 'bob', _version: 2 });
  });

  it.each([
    ['nothing', undefined],
    ['no list', {}],
    ['an empty list', []],
  ])('refuses %s', async (_, operations) => {
    expect(await client.refusal('store.transaction', { operations })).toBe('VALIDATION_ERROR');
  });

  it.each([
    [7],
    [{}],
    [{ op: 'merge', bucket: 'claims' }],
    [{ op: 'get', bucket: 'claims' }],
    [{ op: 'get', key: 'x' }],
    [{ op: 'insert', bucket: 'claims' }],
    [{ op: 'where', bucket: 'claims' }],
    [{ op: 'where', bucket: 'claims', filter: { a: { $no: 1 } } }],
    [{ op: 'update', bucket: 'claims', key: 'x', data: [] }],
  ])('refuses %j as a whole, naming it', async (operation) => {
    const answer = await transact({ op: 'insert', bucket: 'claims', data: { id: 'never' } }, operation);
    expect([answer.code, answer.message.startsWith('operations[1]: ')]).toEqual(['VALIDATION_ERROR', true]);
    expect(await get('claims', 'never')).toBeNull();
  });

  it.each([
    ['a missing record', { op: 'update', bucket: 'claims', key: 'no', data: {} }, 'NOT_FOUND'],
    ['an unknown bucket', { op: 'get', bucket: 'nowhere', key: 'no' }, 'BUCKET_NOT_DEFINED'],
    ['a bad record', { op: 'insert', bucket: 'users', data: {} }, 'VALIDATION_ERROR'],
    ['a taken key', { op: 'insert', bucket: 'claims', data: { id: 't1' } }, 'ALREADY_EXISTS'],
    ['a version', { op: 'update', bucket: 'claims', key: 't1', data: {}, expectedVersion: 1 }, 'CONFLICT'],
  ])('undoes everything for %s', async (_, operation, code) => {
    const answer = await transact({ op: 'insert', bucket: 'claims', data: { id: 'undone' } }, operation);
    expect(answer.code).toBe(code);
    expect(await get('claims', 'undone')).toBeNull();
  });

  it('counts what it comes to: one record deleted and inserted, updated and deleted, values handed on', async () => {
    await client.get('store.insert', { bucket: 'users', data: { id: 'u1', name: 'One', email: 'u1@example.com' } });
    await client.get('store.insert', { bucket: 'users', data: { id: 'u2', name: 'Two', email: 'u2@example.com' } });
    const [, , inserted] = await results(
      { op: 'update', bucket: 'users', key: 'u1', data: { name: 'x' } },
      { op: 'delete', bucket: 'users', key: 'u1' },
      { op: 'insert', bucket: 'users', data: { id: 'u1', name: 'New', email: 'u3@example.com' } },
      { op: 'update', bucket: 'users', key: 'u2', data: { email: 'u1@example.com' } },
    );
    expect(inserted._version).toBe(1);
    expect(await get('users', 'u1')).toMatchObject({ name: 'New', _version: 1 });
    const free = await client.ask('store.insert', { bucket: 'users', data: { name: 'Free', email: 'u2@example.com' } });
    expect(free.type).toBe('result');
    const taken = { bucket: 'users', data: { name: 'Taken', email: 'u1@example.com' } };
    expect(await client.refusal('store.insert', taken)).toBe('ALREADY_EXISTS');
  });

  it('may refer to what it inserts itself', async () => {
    const [user, comment] = await results(
      { op: 'insert', bucket: 'users', data: { id: 'parent', name: 'Parent' } },
      { op: 'insert', bucket: 'comments', data: { userId: 'parent', text: 'mine' } },
    );
    expect([user.id, comment.userId]).toEqual(['parent', 'parent']);
    const gone = await transact(
      { op: 'delete', bucket: 'users', key: 'parent' },
      { op: 'insert', bucket: 'comments', data: { userId: 'parent', text: 'orphan' } },
    );
    expect(gone).toMatchObject({ code: 'VALIDATION_ERROR', details: [{ code: 'ref' }] });
  });

  it('takes 100 items, and no more', async () => {
    const inserts = (count: number, of: string) =>
      Array.from({ length: count }, (_, n) => ({ op: 'insert', bucket: 'claims', data: { id: `${of} ${n}` } }));
    const answer = await transact(...inserts(101, 'too many'));
    expect(answer).toMatchObject({ code: 'VALIDATION_ERROR', details: { limit: 100, needed: 101 } });
    expect(await get('claims', 'too many 0')).toBeNull();
    expect(await results(...inserts(100, 'just'))).toHaveLength(100);
  });

  it('numbers records one after another', async () => {
    const tasks = await results(
      ...['a', 'b', 'c'].map((title) => ({ op: 'insert', bucket: 'tasks', data: { title } })),
    );
    const [first] = tasks;
    expect(tasks.map(({ id }: { id: number }) => id - first.id)).toEqual([0, 1, 2]);
  });
});

describe('twenty transactions at once', () => {
  it('lose nothing of what they move, and nobody sees half of it', async () => {
    await counter('from', 100);
    await counter('to', 0);
    const clients = await Promise.all(Array.from({ length: 20 }, () => world.connect()));
    const both = [
      { op: 'get', bucket: 'counters', key: 'from' },
      { op: 'get', bucket: 'counters', key: 'to' },
    ];
    await Promise.all(
      clients.map(async (one) => {
        for (;;) {
          const read = await one.get('store.transaction', { operations: both });
          const [from, to] = read.results.map(({ data }: { data: { value: number; _version: number } }) => data);
          expect(from.value + to.value).toBe(100);
          const operations = [
            { ...both[0], op: 'update', data: { value: from.value - 1 }, expectedVersion: from._version },
            { ...both[1], op: 'update', data: { value: to.value + 1 }, expectedVersion: to._version },
          ];
          const answer = await one.ask('store.transaction', { operations });
          if (answer.type === 'result') return;
          expect(answer.code).toBe('CONFLICT');
        }
      }),
    );
    expect([(await get('counters', 'from')).value, (await get('counters', 'to')).value]).toEqual([80, 20]);
  });

  it('of which each changes two records all succeed', async () => {
    await counter('left');
    await counter('right');
    const clients = await Promise.all(Array.from({ length: 20 }, () => world.connect()));
    await Promise.all(
      clients.map((one, n) =>
        one.get('store.transaction', {
          operations: ['left', 'right'].map((key) => ({
            op: 'update',
            bucket: 'counters',
            key,
            data: { [`f${n}`]: n },
          })),
        }),
      ),
    );
    expect((await get('counters', 'left'))._version).toBe(21);
    expect((await get('counters', 'right'))._version).toBe(21);
  });
});
