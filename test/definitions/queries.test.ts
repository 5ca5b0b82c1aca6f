import { afterEach, describe, expect, it } from '@jest/globals';
import { queryNamed } from '../../functions/store/named-query.ts';
import { noexWorld } from '../support/noex.ts';

const inCode = { bucket: 'tasks', sort: { id: 'desc' } } as const;
const world = await noexWorld({
  auth: { required: false },
  buckets: { tasks: { key: 'id', schema: { id: { type: 'string' } } } },
  queries: { all: (ctx) => ctx.bucket('tasks').all(), latest: inCode },
});
const { ports } = world;
const administrators = { auth: { required: false, permissions: { check: () => true } } };
const admin = await (await noexWorld({ ...ports.app, ...administrators })).connect();
afterEach(() => expect(world.errors).toEqual([]));

const config = { bucket: 'tasks', filter: { status: '{{ params.status }}' }, limit: 3 };
const code = (answer: { code?: string; type: string }) => answer.code ?? answer.type;

it.each([
  ['store.undefineQuery', { name: 'q'.repeat(3_000) }],
  ['store.subscribe', { query: 'q'.repeat(3_000) }],
])('%s knows no query of a name that nothing can have', async (type, fields) => {
  expect(await admin.refusal(type, fields)).toBe('QUERY_NOT_DEFINED');
});

describe('store.defineQuery', () => {
  it('defines what everybody sees at once, as it was given', async () => {
    expect(await admin.get('store.defineQuery', { name: 'some', config })).toEqual({ name: 'some', defined: true });
    const { queries } = await admin.get('store.listQueries');
    expect(queries).toEqual([
      { name: 'all', type: 'programmatic', activeSubscriptions: 0 },
      { name: 'latest', type: 'declarative', config: inCode, activeSubscriptions: 0 },
      { name: 'some', type: 'declarative', config, activeSubscriptions: 0 },
    ]);
  });

  it.each([
    ['a name that is taken', 'some', config, 'ALREADY_EXISTS'],
    ['a name that is taken in code', 'all', config, 'ALREADY_EXISTS'],
    ['a bucket that is none', 'new', { bucket: 'nowhere' }, 'BUCKET_NOT_DEFINED'],
    ['a bucket of a name that nothing can have', 'new', { bucket: 'b'.repeat(3_000) }, 'BUCKET_NOT_DEFINED'],
    ['no bucket', 'new', {}, 'VALIDATION_ERROR'],
    ['an operator that is none', 'new', { bucket: 'tasks', filter: { a: { $like: 1 } } }, 'VALIDATION_ERROR'],
    ['no definition', 'new', undefined, 'VALIDATION_ERROR'],
    ['no name', '', config, 'VALIDATION_ERROR'],
  ])('refuses %s', async (_, name, given, expected) => {
    expect(await admin.refusal('store.defineQuery', { name, config: given })).toBe(expected);
  });

  it('raced by twenty is won by one', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, limit) =>
        admin.ask('store.defineQuery', { name: 'race', config: { ...config, limit } }),
      ),
    );
    expect(answers.map(code).sort()).toEqual([...Array(19).fill('ALREADY_EXISTS'), 'result']);
    const { queries } = await admin.get('store.listQueries');
    const winner = answers.findIndex(({ type }) => type === 'result');
    expect(queries.at(-2)).toMatchObject({ name: 'race', config: { limit: winner } });
  });
});

describe('store.undefineQuery', () => {
  it('takes it back, once', async () => {
    expect(await admin.get('store.undefineQuery', { name: 'race' })).toEqual({ name: 'race', undefined: true });
    expect(await admin.refusal('store.undefineQuery', { name: 'race' })).toBe('QUERY_NOT_DEFINED');
    await expect(queryNamed(ports, 'race')).rejects.toMatchObject({ code: 'query_not_defined' });
  });

  it('leaves alone what is declared in code', async () => {
    expect(await admin.refusal('store.undefineQuery', { name: 'all' })).toBe('FORBIDDEN');
  });
});

it('nobody but administrators defines queries', async () => {
  const other = await world.connect();
  expect(await other.refusal('store.defineQuery', { name: 'new', config })).toBe('FORBIDDEN');
  expect(await other.refusal('store.undefineQuery', { name: 'some' })).toBe('FORBIDDEN');
  expect(await other.refusal('store.listQueries')).toBe('FORBIDDEN');
});
