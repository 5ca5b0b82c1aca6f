import { expect, it } from '@jest/globals';
import { isSameJson } from '../../functions/core/canonical.ts';
import { type Arbitrary, arbitrary } from '../support/arbitrary.ts';
import { type LiveQuery, liveQuery } from '../support/live-queries.ts';
import { liveWorld } from '../support/live-world.ts';
import type { NoexFrame } from '../support/noex.ts';
import { buckets, expected, items, kinds, owners, queries } from '../support/oracle.ts';

/**
 * A hundred subscriptions, ten batches of ten transactions at a time with five changes each; processes die between any two
 * of their I/Os, and the stream is all there is to repair what they leave. In the end every client sees what is there.
 */
const [subscriptions, batches, transactions, mutations] = [100, 10, 10, 5] as const;
const connections = 10;

const world = await liveWorld({ buckets, queries, connectionLimits: { maxSubscriptionsPerConnection: 100 } });
const writer = await world.connect();

interface Watched extends LiveQuery {
  readonly query: string;
  readonly params: Record<string, string>;
  /** What it has shown, each with the number that it came with. */
  readonly shown: () => { readonly seq: number; readonly result: NoexFrame['data'] }[];
}

const asks: readonly ((random: Arbitrary) => [query: string, params: Record<string, string>])[] = [
  ({ oneOf }) => ['by-kind', { kind: oneOf(kinds) }],
  ({ oneOf }) => ['item', { id: oneOf(items) }],
  ({ oneOf }) => ['item', { id: oneOf(items) }],
  ({ oneOf }) => ['of-owner', { owner: oneOf(owners) }],
  ({ oneOf }) => ['chain', { id: oneOf(items) }],
  ({ oneOf }) => ['totals', { kind: oneOf(kinds.slice(0, 2)) }],
  () => ['largest', {}],
];

async function watch(random: Arbitrary, at: number): Promise<Watched[]> {
  const client = await world.connect();
  const watched: Watched[] = [];
  for (let count = 0; count < subscriptions / connections; count += 1) {
    const ask = asks[(at + count) % asks.length];
    const [query, params] = ask?.(random) ?? ['largest', {}];
    const initialPush = random.integer(2) === 0;
    const live = await liveQuery(client, query, params, { initialPush });
    const pushed = () =>
      client
        .frames()
        .filter(({ type, subscriptionId }) => type === 'push' && subscriptionId === live.id)
        .map(({ seq, data: result }) => ({ seq, result }));
    const shown = () => (initialPush ? pushed() : [{ seq: 0, result: live.data }, ...pushed()]);
    watched.push({ ...live, query, params, shown });
  }
  return watched;
}

const lasting = items.slice(0, 30);

/** Changes one item or owner in some way that works whatever has become of those before. */
function changes({ integer, oneOf }: Arbitrary): object[] {
  const data = { kind: oneOf(kinds), owner: oneOf(owners), size: integer(100), next: oneOf(items) };
  const id = oneOf(items);
  const choice = integer(4);
  if (choice === 0) return [{ op: 'update', bucket: 'owners', key: oneOf(owners), data: { name: `n${integer(5)}` } }];
  if (lasting.includes(id)) {
    return [{ op: 'update', bucket: 'items', key: id, data: choice === 1 ? { size: data.size } : data }];
  }
  const gone = { op: 'delete', bucket: 'items', key: id };
  return choice === 1 ? [gone] : [gone, { op: 'insert', bucket: 'items', data: { id, ...data } }];
}

async function now(): Promise<Parameters<typeof expected>[2]> {
  const [allItems, allOwners, clock] = await Promise.all([
    writer.get('store.all', { bucket: 'items' }),
    writer.get('store.all', { bucket: 'owners' }),
    writer.get('store.get', { bucket: 'clock', key: 'clock' }),
  ]);
  return { items: allItems, owners: allOwners, now: clock._version };
}

it.each([1])('every view ends as what is there, and never steps back (seed %i)', async (seed) => {
  const random = arbitrary(seed);
  await writer.get('store.insertMany', { bucket: 'owners', data: owners.map((id) => ({ id, name: 'n' })) });
  await writer.get('store.insertMany', { bucket: 'items', data: lasting.map((id) => ({ id, kind: 'a', size: 0 })) });
  await writer.get('store.insert', { bucket: 'clock', data: { id: 'clock', now: 0 } });
  const watched = (await Promise.all(Array.from({ length: connections }, (_, at) => watch(random, at)))).flat();
  let time = 0;

  for (let batch = 0; batch < batches; batch += 1) {
    for (let count = 0; count < transactions; count += 1) {
      time += 1;
      const operations: object[] = [{ op: 'update', bucket: 'clock', key: 'clock', data: { now: time } }];
      while (operations.length < mutations) operations.push(...changes(random));
      if (random.integer(3) === 0) world.killNextAfter(random.integer(60));
      world.dispatch(writer.socket, JSON.stringify({ id: 1_000 + time, type: 'store.transaction', operations }));
      // Some come one after the other, others side by side.
      if (random.integer(2) === 0) await world.settled();
    }
    await world.settled();
    if (random.integer(2) === 0) await world.repair();
  }
  await world.repair();

  const state = await now();
  for (const { query, params, view, shown } of watched) {
    expect({ query, params, view: view() }).toEqual({ query, params, view: expected(query, params, state) });
    const results = shown();
    for (const [at, { seq, result }] of results.slice(1).entries()) {
      const before = results[at] ?? { seq: 0, result: undefined };
      expect(seq).toBeGreaterThanOrEqual(before.seq);
      // A process that died while it told everybody is followed by one that tells them again: with the same number, or with
      // a later one where the result has become another one, and in the end what it was.
      const isRepeat = isSameJson(result, before.result);
      expect(isRepeat).toBe(seq === before.seq || (isRepeat && seq > before.seq + 1));
      if (query === 'totals') expect(result.now).toBeGreaterThanOrEqual(before.result.now);
    }
  }
  expect(world.lost.length).toBeGreaterThan(0);
});
