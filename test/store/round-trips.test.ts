import { afterEach, describe, expect, it } from '@jest/globals';
import app from '../../app/app.config.ts';
import { longestChain, watchCalls } from '../../bench/costs/spans.ts';
import type { Ports } from '../../functions/core/ports.ts';
import { noexWorld } from '../support/noex.ts';
import { withStoppedClock } from '../support/stopped-clock.ts';

/** How often a request waits for a table before it is answered: each wait is a round trip on the network. */
const { auth: _, ...open } = app;
const world = await noexWorld(open, {}, withStoppedClock);
afterEach(() => expect(world.errors.splice(0)).toEqual([]));
const client = await world.connect();

/** Calls up to the answer, and how many of them followed one another. */
async function counted(type: string, fields: object): Promise<[calls: number, inSequence: number]> {
  const watch = watchCalls();
  const { table, connections, gateway } = world.ports;
  const unwatched = gateway.post;
  let upToAnswer: readonly (typeof watch.calls)[number][] | undefined;
  const watched: Partial<Ports> = {
    table: watch.table(table),
    connections: watch.table(connections),
  };
  const post: Ports['gateway']['post'] = (...given) => {
    upToAnswer ??= [...watch.calls];
    return unwatched(...given);
  };
  const put = (ports: Partial<Ports>) => {
    for (const [name, value] of Object.entries(ports)) {
      Object.defineProperty(world.ports, name, { value, configurable: true });
    }
  };
  put(watched);
  Object.assign(gateway, { post });
  try {
    await client.get(type, fields);
  } finally {
    put({ table, connections });
    Object.assign(gateway, { post: unwatched });
  }
  return [upToAnswer?.length ?? 0, longestChain(upToAnswer ?? [])];
}

await client.get('store.insert', { bucket: 'users', data: { id: 'ann', name: 'Ann' } });
await client.get('store.insert', { bucket: 'logs', data: { action: 'first' } });
await client.get('store.insert', { bucket: 'counters', data: { name: 'n' } });

describe('a request is answered after so many round trips to the tables, the row of its connection included', () => {
  it.each<[string, object, number]>([
    ['store.get', { bucket: 'users', key: 'ann' }, 1],
    ['store.get', { bucket: 'users', key: 'nobody' }, 1],
    ['store.insert', { bucket: 'logs', data: { action: 'x', userId: 'ann' } }, 2],
    ['store.insert', { bucket: 'users', data: { name: 'Bob', email: 'bob@example.com' } }, 2],
    ['store.update', { bucket: 'counters', key: 'n', data: { value: 1 } }, 2],
    ['store.update', { bucket: 'users', key: 'ann', data: { email: 'ann@example.com' } }, 2],
    ['store.delete', { bucket: 'counters', key: 'absent' }, 1],
    ['store.where', { bucket: 'users', filter: { role: 'user' } }, 2],
    ['store.where', { bucket: 'users', filter: { name: 'Ann' } }, 2],
    ['store.findOne', { bucket: 'users', filter: { id: 'ann' } }, 2],
    ['store.count', { bucket: 'users' }, 2],
    ['store.last', { bucket: 'users', n: 3 }, 2],
    ['store.paginate', { bucket: 'users', limit: 2 }, 2],
    [
      'store.transaction',
      {
        operations: [
          { op: 'get', bucket: 'users', key: 'ann' },
          { op: 'update', bucket: 'counters', key: 'n', data: { value: 2 } },
          { op: 'insert', bucket: 'logs', data: { action: 'y' } },
        ],
      },
      2,
    ],
    [
      'store.transaction',
      {
        operations: [
          { op: 'get', bucket: 'users', key: 'ann' },
          { op: 'get', bucket: 'counters', key: 'n' },
        ],
      },
      2,
    ],
  ])('%s %j', async (type, fields, trips) => {
    expect(await counted(type, fields)).toEqual([trips, trips]);
  });

  it('one more where the bucket has been cleared since anybody looked', async () => {
    await client.get('store.clear', { bucket: 'counters' });
    expect(await counted('store.get', { bucket: 'counters', key: 'n' })).toEqual([2, 2]);
    expect(await counted('store.get', { bucket: 'counters', key: 'n' })).toEqual([1, 1]);
  });

  it('as many where a bucket of that name in another table has never been cleared', async () => {
    await client.get('store.clear', { bucket: 'counters' });
    await client.get('store.get', { bucket: 'counters', key: 'n' });
    const other = await (await noexWorld(open)).connect();
    await other.get('store.get', { bucket: 'counters', key: 'n' });
    expect(await counted('store.get', { bucket: 'counters', key: 'n' })).toEqual([1, 1]);
  });
});

describe('what is read along with the row of the connection', () => {
  it('tells nothing to who may not read it, and fails nothing that is out of order', async () => {
    const shop = await noexWorld(app);
    const stranger = await shop.connect();
    expect(await stranger.refusal('store.get', { bucket: 'users', key: 'ann' })).toBe('UNAUTHORIZED');
    for (const fields of [
      { bucket: 'x'.repeat(100_000), key: 'y' },
      { bucket: '', key: '' },
      { bucket: '\ud800', key: '\udfff' },
      { bucket: 'a#b', key: 'y'.repeat(5_000) },
      { bucket: 'users', key: { deep: [] } },
      { operations: Array.from({ length: 300 }, (_, n) => ({ op: 'get', bucket: `b${n}`, key: n })) },
      { operations: [null, 7, { op: 'get', bucket: 'users', key: 'ann' }] },
    ]) {
      expect(await stranger.refusal('store.get', fields)).toBe('UNAUTHORIZED');
      expect(await stranger.refusal('store.transaction', fields)).toBe('UNAUTHORIZED');
      expect((await client.ask('store.get', fields)).code).not.toBe('INTERNAL_ERROR');
      expect((await client.ask('store.transaction', fields)).code).not.toBe('INTERNAL_ERROR');
    }
    expect(shop.errors).toEqual([]);
  });
});
