import { afterEach, describe, expect, it } from '@jest/globals';
import app from '../../app/app.config.ts';
import { noexWorld } from '../support/noex.ts';

const world = await noexWorld(app, { adminAddresses: new Set(['admin@example.com']) });
const admin = await world.signedIn('admin@example.com');
const user = await world.signedIn('user@example.com');
afterEach(() => expect(world.errors).toEqual([]));

let count = 0;
/** Registers a procedure under a name of its own. */
async function procedure(steps: object[], more: object = {}): Promise<string> {
  const name = `procedure-${++count}`;
  await admin.get('procedures.register', { procedure: { name, steps, ...more } });
  return name;
}
const call = (name: string, input?: object, as = user) => as.ask('procedures.call', { name, input });
const counter = (name: string, value = 0) => admin.get('store.insert', { bucket: 'counters', data: { name, value } });
const amountOf = async (key: string) => (await admin.get('store.get', { bucket: 'counters', key }))?.value;

/** Moves an amount from one counter to another. */
const moving = [
  { action: 'store.get', bucket: 'counters', key: '{{ input.from }}', as: 'from' },
  { action: 'store.get', bucket: 'counters', key: '{{ input.to }}', as: 'to' },
  { action: 'transform', source: 'from', operation: 'pick', args: ['value'], as: 'before' },
  {
    action: 'if',
    condition: { ref: 'from.value', operator: 'lt', value: 1 },
    then: [{ action: 'return', value: 'nothing left' }],
  },
  { action: 'store.update', bucket: 'counters', key: '{{ input.from }}', data: { value: '{{ input.left }}' } },
  {
    action: 'store.update',
    bucket: 'counters',
    key: '{{ input.to }}',
    data: { value: '{{ input.right }}' },
    as: 'now',
  },
  { action: 'return', value: 'moved {{ before.value }} from {{ input.from }}' },
];

describe('procedures.call', () => {
  it('runs step by step, and answers with what the steps left and returned', async () => {
    const name = await procedure(
      [
        { action: 'store.insert', bucket: 'users', data: { name: '{{ input.name }}', role: 'guest' }, as: 'user' },
        { action: 'store.insert', bucket: 'logs', data: { action: 'joined {{ user.name }}', userId: '{{ user.id }}' } },
        { action: 'store.where', bucket: 'logs', filter: { userId: '{{ user.id }}' }, as: 'logs' },
        { action: 'store.findOne', bucket: 'users', filter: { role: 'nobody' }, as: 'none' },
        { action: 'store.count', bucket: 'users', filter: { role: 'guest' }, as: 'guests' },
        { action: 'store.delete', bucket: 'users', key: '{{ user.id }}', as: 'deleted' },
        { action: 'store.count', bucket: 'users', as: 'left' },
        { action: 'aggregate', source: 'logs', op: 'count', as: 'entries' },
        { action: 'return', value: { id: '{{ user.id }}', said: '{{ logs.0.action }}!' } },
        { action: 'store.insert', bucket: 'users', data: { name: 'never' } },
      ],
      { input: { name: { type: 'string', default: 'somebody' } } },
    );
    const { type, data } = await call(name);
    expect(type).toBe('result');
    const { results, ...answer } = data;
    expect(answer).toEqual({ success: true, result: { id: results.user.id, said: 'joined somebody!' } });
    expect(results).toMatchObject({ none: null, guests: 1, deleted: { deleted: true }, left: 0, entries: 1 });
    expect(Object.keys(results)).toEqual(['user', 'logs', 'none', 'guests', 'deleted', 'left', 'entries']);
    expect((await call(name, { name: 'Ann' })).data.result.said).toBe('joined Ann!');
  });

  it('without a return step has no result', async () => {
    const name = await procedure([{ action: 'store.count', bucket: 'users', as: 'n' }]);
    expect((await call(name)).data).toEqual({ success: true, results: { n: 0 } });
  });

  it('refuses input that does not fit, and names all of it', async () => {
    const name = await procedure([{ action: 'return', value: '{{ input.a }}' }], {
      input: { a: { type: 'number' }, b: { type: 'string' } },
    });
    const answer = await call(name, { a: '1' });
    expect(answer).toMatchObject({
      code: 'VALIDATION_ERROR',
      details: { issues: ['input.a: expected number', 'input.b: required'] },
    });
    expect(await user.ask('procedures.call', { name, input: 'x' })).toMatchObject({ code: 'VALIDATION_ERROR' });
    expect((await call(name, { a: 1, b: '' })).data.result).toBe(1);
  });

  it.each([
    ['a bucket that is none', { action: 'store.count', bucket: 'nowhere', as: 'n' }, 'BUCKET_NOT_DEFINED'],
    ['a record that is none', { action: 'store.update', bucket: 'users', key: 'x', data: {} }, 'NOT_FOUND'],
    ['a bad record', { action: 'store.insert', bucket: 'users', data: {} }, 'VALIDATION_ERROR'],
    [
      'a key that leads nowhere',
      { action: 'store.get', bucket: 'users', key: '{{ input.x }}', as: 'u' },
      'VALIDATION_ERROR',
    ],
  ])('ends with the error of a step: %s', async (_, step, expected) => {
    for (const transaction of [false, true]) {
      const name = await procedure([step], { transaction });
      expect((await call(name)).code).toBe(expected);
    }
  });

  it('runs with the permissions of whoever calls', async () => {
    const name = await procedure([
      { action: 'store.insert', bucket: 'claims', data: { id: '{{ input.id }}' } },
      { action: 'store.count', bucket: 'vault', as: 'secrets' },
    ]);
    expect((await call(name, { id: 'by user' })).code).toBe('FORBIDDEN');
    expect((await call(name, { id: 'by admin' }, admin)).data.results).toEqual({ secrets: 0 });
    expect(await admin.get('store.get', { bucket: 'claims', key: 'by user' })).not.toBeNull();
    await admin.get('procedures.update', { name, updates: { transaction: true } });
    expect((await call(name, { id: 'by user, all or nothing' })).code).toBe('FORBIDDEN');
    expect(await admin.get('store.get', { bucket: 'claims', key: 'by user, all or nothing' })).toBeNull();
    const emitting = await procedure([{ action: 'rules.emit', topic: 'admin.{{ input.what }}' }]);
    expect((await call(emitting, { what: 'x' })).code).toBe('FORBIDDEN');
  });

  it('ends when its time is over', async () => {
    const reading = Array.from({ length: 20 }, (_, n) => ({ action: 'store.count', bucket: 'users', as: `n${n}` }));
    const insert = (id: string) => ({ action: 'store.insert', bucket: 'claims', data: { id } });
    const name = await procedure([insert('late'), ...reading], { timeoutMs: 1 });
    expect((await call(name)).code).toBe('INTERNAL_ERROR');
    const atomic = await procedure([insert('too late'), ...reading], { timeoutMs: 1, transaction: true });
    expect((await call(atomic)).code).toBe('INTERNAL_ERROR');
    expect(await admin.get('store.get', { bucket: 'claims', key: 'too late' })).toBeNull();
  });

  it('of a hundred steps works', async () => {
    const steps = Array.from({ length: 100 }, (_, n) => ({
      action: 'store.insert',
      bucket: 'claims',
      data: { id: `step ${n}` },
    }));
    expect((await call(await procedure(steps, { transaction: true }))).type).toBe('result');
    expect(await admin.get('store.get', { bucket: 'claims', key: 'step 99' })).not.toBeNull();
  });
});

describe('a procedure with a transaction', () => {
  it('sees its own effects, and takes back all of them when a step fails', async () => {
    const steps = [
      { action: 'store.insert', bucket: 'claims', data: { id: 'x', owner: 'me' } },
      { action: 'store.where', bucket: 'claims', filter: { owner: 'me' }, as: 'mine' },
      { action: 'store.delete', bucket: 'claims', key: 'x' },
      { action: 'store.insert', bucket: 'claims', data: { id: '{{ mine.0.id }}', owner: 'you' }, as: 'last' },
      { action: 'store.update', bucket: 'claims', key: '{{ input.key }}', data: { owner: 'us' } },
    ];
    const name = await procedure(steps, { transaction: true });
    expect((await call(name, { key: 'nobody' })).code).toBe('NOT_FOUND');
    expect(await admin.get('store.get', { bucket: 'claims', key: 'x' })).toBeNull();
    const { data } = await call(name, { key: 'x' });
    expect(data.results).toMatchObject({ mine: [{ id: 'x', owner: 'me' }], last: { owner: 'you', _version: 1 } });
    expect(await admin.get('store.get', { bucket: 'claims', key: 'x' })).toMatchObject({ owner: 'us' });
  });

  it('does not insert under a key that is taken, though it deletes that again', async () => {
    const key = 'inserted-and-deleted';
    const steps = [
      { action: 'store.insert', bucket: 'claims', data: { id: key, owner: 'bob' } },
      { action: 'store.delete', bucket: 'claims', key },
    ];
    const alone = await procedure(steps, { transaction: true });
    const beside = await procedure(
      [...steps, { action: 'store.insert', bucket: 'claims', data: { id: `${key}-too`, owner: 'bob' } }],
      { transaction: true },
    );
    expect(await call(alone)).toMatchObject({ type: 'result' });
    await admin.get('store.insert', { bucket: 'claims', data: { id: key, owner: 'ann' } });
    for (const name of [alone, beside]) expect(await call(name)).toMatchObject({ code: 'ALREADY_EXISTS' });
    expect(await admin.get('store.get', { bucket: 'claims', key })).toMatchObject({ owner: 'ann' });
    expect(await admin.get('store.get', { bucket: 'claims', key: `${key}-too` })).toBeNull();
  });

  it('without one keeps what the steps before the failure did', async () => {
    const name = await procedure([
      { action: 'store.insert', bucket: 'claims', data: { id: 'kept' } },
      { action: 'store.insert', bucket: 'claims', data: {} },
    ]);
    expect((await call(name)).code).toBe('VALIDATION_ERROR');
    expect(await admin.get('store.get', { bucket: 'claims', key: 'kept' })).not.toBeNull();
  });

  it('is refused when it touches more than a hundred records', async () => {
    const insert = { action: 'store.insert', bucket: 'comments', data: { userId: '{{ user.id }}', text: 'x' } };
    const steps = [
      { action: 'store.insert', bucket: 'users', data: { name: 'Ann', email: 'ann@example.com' }, as: 'user' },
      ...Array.from({ length: 99 }, () => insert),
    ];
    const answer = await call(await procedure(steps, { transaction: true }));
    expect(answer).toMatchObject({ code: 'VALIDATION_ERROR', details: { limit: 100, needed: 101 } });
    expect(await admin.get('store.count', { bucket: 'comments' })).toBe(0);
  });

  it('raced by twenty loses nothing: each sees what those before it did', async () => {
    await counter('total', 0);
    const steps = [
      { action: 'store.get', bucket: 'counters', key: 'total', as: 'total' },
      { action: 'store.insert', bucket: 'claims', data: { id: 'place {{ total._version }}' }, as: 'mine' },
      { action: 'store.update', bucket: 'counters', key: 'total', data: { value: '{{ input.n }}' } },
    ];
    const name = await procedure(steps, { transaction: true });
    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => call(name, { n })));
    const places = answers.map(({ data }) => data.results.mine.id).sort();
    expect(places).toEqual(Array.from({ length: 20 }, (_, n) => `place ${n + 1}`).sort());
  });

  it('that only reads sees one moment', async () => {
    await counter('left', 5);
    await counter('right', 5);
    const move = await procedure(moving, { transaction: true });
    const read = await procedure(
      [
        { action: 'store.get', bucket: 'counters', key: 'left', as: 'left' },
        { action: 'store.count', bucket: 'logs', as: 'between' },
        { action: 'store.get', bucket: 'counters', key: 'right', as: 'right' },
      ],
      { transaction: true },
    );
    const other = await world.signedIn('other@example.com');
    const moves = (async () => {
      for (let left = 4; left >= 0; left--) {
        await call(move, { from: 'left', to: 'right', left, right: 10 - left }, other);
      }
    })();
    const sums = await Promise.all(
      Array.from({ length: 15 }, async () => {
        const { results } = (await call(read)).data;
        return results.left.value + results.right.value;
      }),
    );
    await moves;
    expect(new Set(sums)).toEqual(new Set([10]));
    expect((await call(move, { from: 'left', to: 'right', left: -1, right: 11 })).data.result).toBe('nothing left');
  });

  it('killed between any two steps does all or nothing', async () => {
    const name = await procedure(moving, { transaction: true });
    let isDone = false;
    for (let ios = 1; !isDone; ios++) {
      const [from, to] = [`from ${ios}`, `to ${ios}`];
      await counter(from, 1);
      await counter(to, 0);
      world.killNextAfter(ios);
      const request = { id: 0, type: 'procedures.call', name, input: { from, to, left: 0, right: 1 } };
      world.dispatch(user.socket, JSON.stringify(request));
      await world.settled();
      world.killNextAfter(Number.POSITIVE_INFINITY);
      isDone = user.frames().some(({ id }) => id === 0);
      expect([[1, 0].join(), [0, 1].join()]).toContain([await amountOf(from), await amountOf(to)].join());
      if (isDone) expect(await amountOf(to)).toBe(1);
    }
    expect(world.lost.length).toBeGreaterThan(4);
  });
});
