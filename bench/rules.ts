import app from '../app/app.config.ts';
import { openDeployment } from './costs/deployment.ts';
import { openSinkGateway } from './costs/sink-gateway.ts';
import { percentile } from './median.ts';
import { progress } from './progress.ts';
import type { Row } from './row.ts';
import { besideMemory, delays, type Load, withBoth } from './store/beside-memory.ts';
import type { StoreClient } from './store/client.ts';
import { type Asked, requestRows } from './store/request-rows.ts';

/**
 * Events, facts and rules of the example application: what they consume, and how many the local server takes. A server
 * that stores nothing and has one rule built in is measured with the same clients in the same run.
 */

const events = 300;
const { auth: _, ...open } = app;

const requests: readonly Asked[] = [
  ['rules: emit, and nothing follows', 'rules.emit', () => ({ topic: 'nothing.follows', data: {} }), 3],
  [
    'rules: emit, one rule emits another event',
    'rules.emit',
    (turn) => ({ topic: 'order.created', data: { orderId: turn, total: 150 } }),
    4,
  ],
  [
    'rules: emit, one rule counts it',
    'rules.emit',
    (turn) => ({ topic: 'login.failed', data: { userId: `user-${turn}` } }),
    6,
  ],
  ['rules: set a fact, and nothing follows', 'rules.setFact', (value) => ({ key: 'some:fact', value }), 3],
];

const loads: readonly Load[] = [
  {
    what: 'rules: emit, and nothing follows',
    asking: (client) => client.ask('rules.emit', { topic: 'nothing.follows', data: {} }),
  },
  {
    what: 'rules: emit, one rule emits another event',
    asking: (client, turn) => client.ask('rules.emit', { topic: 'order.created', data: { orderId: turn, total: 150 } }),
  },
];

export async function run(): Promise<Row[]> {
  return [...(await costRows()), ...(await loadRows())];
}

async function costRows(): Promise<Row[]> {
  const sink = await openSinkGateway();
  try {
    const deployment = await openDeployment(sink.gateway, open);
    const rows = await requestRows(deployment, await deployment.connect('/'), requests);
    if (deployment.errors.length > 0) throw new AggregateError(deployment.errors, 'requests failed');
    return rows;
  } finally {
    await sink.close();
  }
}

const loadRows = () =>
  withBoth('rules', async ({ ours, memory }) => {
    const rows: Row[] = [];
    for (const load of loads) rows.push(...(await besideMemory(load, ours, memory)));
    return [...rows, await firedRow(ours, memory)];
  });

/** From sending an event until another client receives what a rule has made of it, one after the other. */
async function firedRow(ours: readonly StoreClient[], memory: readonly StoreClient[]): Promise<Row> {
  progress('rules: from an event until the next');
  const [mine, theirs] = [await latencies(ours), await latencies(memory)];
  return {
    what: 'rules: from an event until what a rule emits has come',
    actual: delays({ latencies: mine }),
    budget: '',
    ok: undefined,
    note: `in memory ${delays({ latencies: theirs })}, p50 ${(percentile(mine, 0.5) / percentile(theirs, 0.5)).toFixed(0)} times`,
  };
}

async function latencies([emitter, listener]: readonly StoreClient[]): Promise<number[]> {
  if (!emitter || !listener) throw new Error('An event takes two clients.');
  await listener.ask('rules.subscribe', { pattern: 'order.*' });
  const taken: number[] = [];
  for (let orderId = 1; orderId <= events; orderId++) {
    const { promise, resolve } = Promise.withResolvers<void>();
    listener.onPush((data) => {
      if (JSON.stringify(data).includes('order.flagged')) resolve();
    });
    const sentAt = performance.now();
    const emitted = emitter.ask('rules.emit', { topic: 'order.created', data: { orderId, total: 150 } });
    await promise;
    taken.push(performance.now() - sentAt);
    await emitted;
  }
  return taken.slice(events / 3);
}
