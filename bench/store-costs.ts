import app from '../app/app.config.ts';
import type { ConnectionId } from '../functions/core/names.ts';
import { changedBuckets } from '../functions/queries/derived.ts';
import { amounts, short } from './costs/amounts.ts';
import { type Deployment, type Ledger, openDeployment } from './costs/deployment.ts';
import { openSinkGateway } from './costs/sink-gateway.ts';
import { progress } from './progress.ts';
import type { Row } from './row.ts';
import { changeOf } from './store/change-of.ts';
import { type Asked, mean, requestRows } from './store/request-rows.ts';

/**
 * What requests to the store consume through the real handlers: table calls and units, frames, processor time, and the
 * dollars these come to. Also how many round trips to the tables a client waits for, and what subscriptions to other
 * results add.
 */

const { auth: _, ...open } = app;
const perConnection = 20;

/** The requests, on buckets of the example. */
const requests: readonly Asked[] = [
  ['store: get', 'store.get', () => ({ bucket: 'counters', key: 'one' }), 1],
  ['store: insert, one index', 'store.insert', () => ({ bucket: 'logs', data: { action: 'x', userId: 'ann' } }), 2],
  [
    'store: insert, one index, one unique value',
    'store.insert',
    (turn) => ({ bucket: 'users', data: { name: 'Ann', email: `ann-${turn}@example.com` } }),
    2,
  ],
  ['store: update', 'store.update', (value) => ({ bucket: 'counters', key: 'one', data: { value } }), 2],
  [
    'store: where on an index, 10 records',
    'store.where',
    () => ({ bucket: 'products', filter: { category: 'tea' } }),
    2,
  ],
  [
    'store: transaction over two buckets',
    'store.transaction',
    (value) => ({
      operations: [
        { op: 'update', bucket: 'counters', key: 'one', data: { value } },
        { op: 'insert', bucket: 'logs', data: { action: 'y', userId: 'ann' } },
      ],
    }),
    2,
  ],
];

export async function run(): Promise<Row[]> {
  const sink = await openSinkGateway();
  try {
    const deployment = await openDeployment(sink.gateway, open);
    const client = await deployment.connect('/');
    await prepare(deployment, client);
    const rows = [
      ...(await requestRows(deployment, client, requests)),
      await streamRow(deployment, client),
      await pushRow(deployment, client),
      ...(await unaffectedRows(deployment, client)),
    ];
    if (deployment.errors.length > 0) throw new AggregateError(deployment.errors, 'requests failed');
    return rows;
  } finally {
    await sink.close();
  }
}

async function prepare(deployment: Deployment, client: ConnectionId): Promise<void> {
  await deployment.ask(client, 'store.insert', { bucket: 'counters', data: { name: 'one' } });
  for (let n = 0; n < 10; n++) {
    await deployment.ask(client, 'store.insert', { bucket: 'products', data: { title: `Tea ${n}`, category: 'tea' } });
  }
}

/** The stream checks every change again in the background, in batches of up to a hundred; here one alone. */
async function streamRow(deployment: Deployment, client: ConnectionId): Promise<Row> {
  progress('store-costs: the stream');
  await deployment.ask(client, 'store.update', { bucket: 'counters', key: 'one', data: { value: -1 } });
  const record = await changeOf(deployment.ports.table, 'counters', 'one');
  const used = await mean(deployment, () => deployment.run((ports) => changedBuckets.readAll(ports, [record])));
  const what = 'store: what the stream adds to a change that nobody has subscribed to';
  return {
    what,
    actual: amounts(used),
    budget: '',
    ok: undefined,
    note: 'for a batch of up to 100 changes of a bucket',
  };
}

/** A change of a result that a client has subscribed to, with the push that follows. */
async function pushRow(deployment: Deployment, client: ConnectionId): Promise<Row> {
  progress('store-costs: a push');
  const listener = await deployment.connect('/');
  const params = { name: 'one' };
  await deployment.ask(listener, 'store.subscribe', { query: 'counter', params, initialPush: false });
  const used = await mean(deployment, (value) =>
    deployment.ask(client, 'store.update', { bucket: 'counters', key: 'one', data: { value } }),
  );
  return { what: 'store: update, pushed to one subscriber', actual: amounts(used), budget: '', ok: undefined };
}

/** Whether subscriptions to other results of a bucket make a write more expensive. */
async function unaffectedRows(deployment: Deployment, client: ConnectionId): Promise<Row[]> {
  const insert = (turn: number) =>
    deployment.ask(client, 'store.insert', { bucket: 'users', data: { name: 'Bob', role: `none-${turn}` } });
  const found: (readonly [count: number, used: Ledger])[] = [];
  let subscribed = 0;
  for (const count of [0, 200, 1_000]) {
    progress(`store-costs: ${count} other subscriptions`);
    for (; subscribed < count; subscribed += perConnection) {
      // As many as the example application allows over one.
      const other = await deployment.connect('/');
      for (let n = 0; n < perConnection; n++) {
        const params = { role: `other-${subscribed + n}` };
        await deployment.ask(other, 'store.subscribe', { query: 'users-by-role', params, initialPush: false });
      }
    }
    await deployment.drain({ early: true });
    found.push([count, await mean(deployment, insert)]);
  }
  const [, one] = found;
  return found.map(([count, used]) => {
    const isDearer = one !== undefined && count > 0 && used.tableCalls > one[1].tableCalls + 0.1;
    return {
      what: `store: insert with ${short(count)} subscriptions to other results of its bucket`,
      actual: amounts(used),
      budget: count > 200 ? 'calls as with 200' : '',
      ok: count > 200 ? !isDearer : undefined,
    };
  });
}
