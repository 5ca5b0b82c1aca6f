import type { ConnectionId } from '../../functions/core/names.ts';
import { type SignedIn, signIn } from '../../test/support/world.ts';
import { amounts, percent } from '../costs/amounts.ts';
import { type Deployment, openDeployment } from '../costs/deployment.ts';
import { mean } from '../costs/mean.ts';
import type { SinkGateway } from '../costs/sink-gateway.ts';
import { dollarsPerMillion, pricesKnownIn } from '../prices.ts';
import { progress } from '../progress.ts';
import type { Row } from '../row.ts';

/** What changes of a key consume on AWS: over a socket, with few and many listeners, and over HTTP. */

const listening = [2, 10, 50];
const repeats = 30;

export async function costRows(sink: SinkGateway): Promise<Row[]> {
  const deployment = await openDeployment(sink.gateway);
  const owner = await signIn(deployment.http, deployment.outbox, 'ada@example.com');
  const rows: Row[] = [];
  for (const count of listening) rows.push(...(await setRows(deployment, owner, count)));
  rows.push(
    await largeRow(deployment, owner),
    await listRow(deployment, owner),
    await unchangedRow(deployment, owner),
    await putRow(deployment, owner),
    await snapshotRow(deployment, owner),
  );
  if (deployment.errors.length > 0) throw new AggregateError(deployment.errors, 'handlers failed');
  return rows;
}

async function setRows(deployment: Deployment, owner: SignedIn, count: number): Promise<Row[]> {
  progress(`memory: what a set costs with ${count} listeners`);
  const { writer } = await inhabited(deployment, owner, count);
  let value = 0;
  const used = await mean({ deployment, repeats }, () => set(deployment, writer, ++value));
  const { gateway, above } = dollarsPerMillion(used);
  return [
    {
      what: `memory: set with ${count} listeners, the sender among them`,
      actual: amounts(used),
      budget: '',
      ok: undefined,
    },
    {
      what: `memory: set with ${count} listeners: cost above the gateway's own`,
      actual: percent(above / gateway),
      budget: '',
      ok: undefined,
      note: `$${above.toFixed(2)} on $${gateway.toFixed(2)} per million (${pricesKnownIn})`,
    },
    {
      what: `memory: set with ${count} listeners: table round trips before the first delivery`,
      actual: String(used.tripsToFirstFrame),
      budget: '<= 3',
      ok: used.tripsToFirstFrame <= 3,
    },
  ];
}

/** A value that has a row of its own: decision 0022. */
async function largeRow(deployment: Deployment, owner: SignedIn): Promise<Row> {
  progress('memory: what a set of a large value costs');
  const { writer } = await inhabited(deployment, owner, 10);
  let value = 0;
  const used = await mean({ deployment, repeats }, () => set(deployment, writer, String(++value).padEnd(20_000)));
  return {
    what: 'memory: set of 20 KB with 10 listeners',
    actual: amounts(used),
    budget: '',
    ok: undefined,
    note: `${used.tripsToFirstFrame} table round trips before the first delivery; API Gateway meters frames by 32 KB`,
  };
}

/** Only what the page shows is read with its values. */
async function listRow(deployment: Deployment, owner: SignedIn): Promise<Row> {
  progress('memory: what a list costs beside large values');
  const { instanceId, writer } = await inhabited(deployment, owner, 1);
  for (let n = 0; n < 100; n++) await set(deployment, writer, String(n).padEnd(20_000), `key-${n}`);
  const used = await mean({ deployment, repeats: 10 }, async () => {
    const { status } = await deployment.http('GET', `/api/instances/${instanceId}/keys?limit=1`, {
      as: owner.sessionKey,
    });
    if (status !== 200) throw new Error(`GET was answered ${status}`);
  });
  return {
    what: 'memory: one of a hundred keys of 20 KB, listed over HTTP',
    actual: amounts(used),
    budget: '<= 30 RRU',
    ok: used.readUnits <= 30,
  };
}

/** What clients of the 2.x line send most. */
async function unchangedRow(deployment: Deployment, owner: SignedIn): Promise<Row> {
  progress('memory: what a set costs that changes nothing');
  const { writer } = await inhabited(deployment, owner, 10);
  const used = await mean({ deployment, repeats }, () => set(deployment, writer, 'the same'));
  return {
    what: 'memory: set that changes nothing, however many listen',
    actual: amounts(used),
    budget: '',
    ok: undefined,
    note: `${used.tripsToFirstFrame} table round trips before its answer`,
  };
}

async function putRow(deployment: Deployment, owner: SignedIn): Promise<Row> {
  progress('memory: what a PUT costs');
  const { instanceId } = await inhabited(deployment, owner, 10);
  let value = 0;
  const used = await mean({ deployment, repeats }, async () => {
    const body = { value: ++value };
    const { status } = await deployment.http('PUT', `/api/instances/${instanceId}/keys/k`, {
      as: owner.sessionKey,
      body,
    });
    if (status !== 200) throw new Error(`PUT was answered ${status}`);
    await deployment.remind();
  });
  return {
    what: 'memory: PUT over HTTP with 10 listeners',
    actual: amounts(used),
    budget: '',
    ok: undefined,
    note: `${used.tripsToFirstFrame} table round trips before the first delivery; the reminder that somebody looks after it is among them`,
  };
}

const keys = 1_000;

/** A socket that reconnects, and closes again. */
async function snapshotRow(deployment: Deployment, owner: SignedIn): Promise<Row> {
  progress(`memory: what a snapshot of ${keys} keys costs`);
  const { instanceId, writer } = await inhabited(deployment, owner, 1);
  for (let n = 0; n < keys; n++) await set(deployment, writer, n, `key-${n}`);
  const used = await mean({ deployment, repeats: 10 }, async () => {
    const id = await deployment.connect(`/sync/${instanceId}`, { access_token: owner.sessionKey });
    await deployment.sendText(id, '{"type":"ping"}');
  });
  return {
    what: `memory: opening a socket of ${keys.toLocaleString('en')} small keys, a ping included`,
    actual: amounts(used),
    budget: '<= 250 RRU',
    ok: used.readUnits <= 250,
    note: `${used.tripsToFirstFrame} table round trips before its first frame`,
  };
}

/** An instance with so many sockets of its owner's. */
async function inhabited(deployment: Deployment, { sessionKey }: SignedIn, count: number) {
  const { body } = await deployment.http('POST', '/api/projects', { as: sessionKey, body: { name: 'Garden' } });
  const instanceId = String(body.defaultInstanceId);
  const ids: ConnectionId[] = [];
  while (ids.length < count) {
    const id = await deployment.connect(`/sync/${instanceId}`, { access_token: sessionKey });
    await deployment.sendText(id, '{"type":"ping"}');
    ids.push(id);
  }
  const [writer] = ids;
  if (!writer) throw new Error('an instance has a first listener');
  return { instanceId, writer };
}

const set = (deployment: Deployment, writer: ConnectionId, value: unknown, key = 'k'): Promise<void> =>
  deployment.sendText(writer, JSON.stringify({ type: 'set', key, value, timestamp: 0 }));
