import { expect, it } from '@jest/globals';
import app from '../../app/app.config.ts';
import type { Ports } from '../../functions/core/ports.ts';
import type { Table } from '../../functions/core/table.ts';
import { liveQuery } from '../support/live-queries.ts';
import { noexWorld } from '../support/noex.ts';
import { withStoppedClock } from '../support/stopped-clock.ts';

const { auth: _, ...open } = app;
const perConnection = 100;
const calls: string[] = [];
let evaluations = 0;

/** The same table, with somebody who writes down every call. */
function counted(table: Table): Table {
  return new Proxy(table, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        calls.push(String(name));
        return value.apply(target, args);
      };
    },
  });
}

const world = await noexWorld(
  {
    ...open,
    connectionLimits: { maxSubscriptionsPerConnection: perConnection },
    queries: {
      ...app.queries,
      evaluated: (ctx) => {
        evaluations += 1;
        return ctx.bucket('products').count();
      },
    },
  },
  {},
  (ports: Ports) =>
    Object.create(withStoppedClock(ports), {
      table: { value: counted(ports.table) },
      connections: { value: counted(ports.connections) },
    }),
);
const writer = await world.connect();
const write = () => writer.get('store.insert', { bucket: 'products', data: { title: 'Tea', category: 'tea' } });

/** What reads and writes a request costs, its pushes included. */
async function costOf(run: () => Promise<unknown>): Promise<string[]> {
  calls.length = 0;
  await run();
  return calls.toSorted();
}

/** Subscribes to other results of the same bucket, a hundred over one connection. */
async function othersSubscribe(count: number): Promise<void> {
  for (let start = 0; start < count; start += perConnection) {
    const client = await world.connect();
    const categories = Array.from({ length: Math.min(perConnection, count - start) }, (_, at) => `other-${start + at}`);
    await Promise.all(categories.map((category) => liveQuery(client, 'products-by-category', { category })));
  }
}

it('a write costs the same with 1, 200 and 1,000 subscriptions to other results of its bucket, and one read less with none', async () => {
  await write();
  const withNone = await costOf(write);
  await othersSubscribe(1);
  const without = await costOf(write);
  expect(without).toEqual([...withNone, 'query']);
  await othersSubscribe(200);
  expect(await costOf(write)).toEqual(without);
  await othersSubscribe(800);
  expect(await costOf(write)).toEqual(without);
  const one = await liveQuery(writer, 'products-by-category', { category: 'tea' });
  expect((await costOf(write)).length).toBeGreaterThan(without.length);
  expect(one.pushes().length).toBe(1);
});

it('fifty who subscribe at once share a few evaluations', async () => {
  const clients = await Promise.all(Array.from({ length: 50 }, () => world.connect()));
  evaluations = 0;
  await Promise.all(clients.map((client) => liveQuery(client, 'evaluated')));
  expect(evaluations).toBeLessThan(10);
});

it('a result that fifty have subscribed to is evaluated once for all of them', async () => {
  const costWith = async (count: number, category: string) => {
    const clients = await Promise.all(Array.from({ length: count }, () => world.connect()));
    await Promise.all(clients.map((client) => liveQuery(client, 'products-by-category', { category })));
    return costOf(() => writer.get('store.insert', { bucket: 'products', data: { title: 'Tea', category } }));
  };
  expect(await costWith(50, 'shared by many')).toEqual(await costWith(1, 'for one'));
});
