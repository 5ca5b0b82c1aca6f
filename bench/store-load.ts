import { percentile } from './median.ts';
import { progress } from './progress.ts';
import type { Row } from './row.ts';
import { besideMemory, delays, type Load, withBoth } from './store/beside-memory.ts';
import { openStoreClient, type StoreClient } from './store/client.ts';
import { type Asking, closedLoop } from './store/closed-loop.ts';

/**
 * The example application on the local server, and a server that keeps Maps in memory and promises nothing, with the same
 * clients in the same run. Clients live in this process, each server in its own.
 */

const warmUpSeconds = 1.5;
const records = 100;
const pushes = 300;
/** As many subscriptions as the example application allows. */
const perConnection = 20;

const operations: readonly Load[] = [
  {
    what: 'store: get',
    asking: (client, turn) => client.ask('store.get', { bucket: 'claims', key: keyOf(turn) }),
    budget: 800,
  },
  {
    what: 'store: insert, one index',
    asking: (client) => client.ask('store.insert', { bucket: 'logs', data: { action: 'x', userId: 'ann' } }),
    budget: 300,
  },
  {
    what: 'store: where on an index, 10 records',
    asking: (client, turn) =>
      client.ask('store.where', { bucket: 'products', filter: { category: `c${turn % (records / 10)}` } }),
  },
  {
    what: 'store: transaction over two buckets',
    asking: (client, turn, who) =>
      client.ask('store.transaction', {
        operations: [
          { op: 'update', bucket: 'counters', key: `n${who}`, data: { value: turn } },
          { op: 'insert', bucket: 'logs', data: { action: 'y', userId: 'ann' } },
        ],
      }),
    budget: 100,
  },
];

const keyOf = (turn: number): string => `k${turn % records}`;

export const run = () =>
  withBoth('store-load', async ({ ours, memory, socketUrl, token }) => {
    for (const clients of [ours, memory]) await prepare(clients);
    const rows: Row[] = [];
    for (const operation of operations) rows.push(...(await besideMemory(operation, ours, memory)));
    rows.push(await pushRow(ours, memory));
    return [...rows, ...(await unaffectedRows(socketUrl, token, ours))];
  });

async function prepare(clients: readonly StoreClient[]): Promise<void> {
  const [first] = clients;
  if (!first) return;
  for (let n = 0; n < records; n++) {
    await first.ask('store.insert', { bucket: 'claims', data: { id: keyOf(n), owner: 'ann' } });
    await first.ask('store.insert', {
      bucket: 'products',
      data: { title: `t${n}`, category: `c${n % (records / 10)}` },
    });
  }
  for (const who of clients.keys()) await first.ask('store.insert', { bucket: 'counters', data: { name: `n${who}` } });
}

/** From sending a write until another client receives its push, one after the other. */
async function pushRow(ours: readonly StoreClient[], memory: readonly StoreClient[]): Promise<Row> {
  progress('store-load: pushes');
  const [mine, theirs] = [await pushLatencies(ours), await pushLatencies(memory)];
  const [p50, p99] = [percentile(mine, 0.5), percentile(mine, 0.99)];
  return {
    what: 'store: from a write until its push',
    actual: delays({ latencies: mine }),
    budget: 'p50 < 60 ms, p99 < 250 ms',
    ok: p50 < 60 && p99 < 250,
    note: `Maps in memory ${delays({ latencies: theirs })}`,
  };
}

async function pushLatencies([writer, listener]: readonly StoreClient[]): Promise<number[]> {
  if (!writer || !listener) throw new Error('A push takes two clients.');
  await listener.ask('store.subscribe', { query: 'counter', params: { name: 'n0' }, initialPush: false });
  const latencies: number[] = [];
  for (let n = 1; n <= pushes; n++) {
    const value = -n;
    const { promise, resolve } = Promise.withResolvers<void>();
    listener.onPush((data) => {
      if (data !== null && typeof data === 'object' && 'value' in data && data.value === value) resolve();
    });
    const sentAt = performance.now();
    const written = writer.ask('store.update', { bucket: 'counters', key: 'n0', data: { value } });
    await promise;
    latencies.push(performance.now() - sentAt);
    await written;
  }
  return latencies.slice(pushes / 3);
}

/**
 * Inserts with more and more subscriptions to other results of the same bucket, in turns with inserts into a bucket
 * without subscriptions, so that other load on the machine affects both.
 */
async function unaffectedRows(url: string, token: string, clients: readonly StoreClient[]): Promise<Row[]> {
  const watched: Asking = (client) => client.ask('store.insert', { bucket: 'users', data: { name: 'Bob' } });
  const unwatched: Asking = (client) => client.ask('store.insert', { bucket: 'products', data: { title: 'Tea' } });
  const others: StoreClient[] = [];
  const rows: Row[] = [];
  let alone: number | undefined;
  for (const asking of [watched, unwatched]) await closedLoop(clients, warmUpSeconds, asking);
  for (const count of [0, 200, 1_000]) {
    progress(`store-load: insert beside ${count} subscriptions`);
    while (others.length * perConnection < count) others.push(await subscriber(url, token, others.length));
    const [mine, theirs] = await inTurns(clients, watched, unwatched);
    alone ??= mine / theirs;
    const share = mine / theirs / alone;
    rows.push({
      what: `store: insert with ${count} subscriptions to other results of its bucket`,
      actual: `${mine.toFixed(0)}/s, ${(share * 100).toFixed(0)} %`,
      budget: count === 200 ? '>= 70 %' : '',
      ok: count === 200 ? share >= 0.7 : undefined,
      note: `${theirs.toFixed(0)}/s into a bucket that nobody looks at`,
    });
  }
  for (const other of others) other.close();
  return rows;
}

const turns = 5;

async function inTurns(clients: readonly StoreClient[], one: Asking, other: Asking): Promise<[number, number]> {
  const sums: [number, number] = [0, 0];
  for (let turn = 0; turn < turns; turn++) {
    sums[0] += (await closedLoop(clients, 1, one)).perSecond / turns;
    sums[1] += (await closedLoop(clients, 1, other)).perSecond / turns;
  }
  return sums;
}

async function subscriber(url: string, token: string, nth: number): Promise<StoreClient> {
  const client = await openStoreClient(url, token);
  for (let n = 0; n < perConnection; n++) {
    const params = { role: `other-${nth * perConnection + n}` };
    await client.ask('store.subscribe', { query: 'users-by-role', params, initialPush: false });
  }
  return client;
}
