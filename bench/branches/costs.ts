import type { ConnectionId } from '../../functions/core/names.ts';
import { amounts, percent, short } from '../costs/amounts.ts';
import { type Deployment, openDeployment } from '../costs/deployment.ts';
import { mean } from '../costs/mean.ts';
import type { SinkGateway } from '../costs/sink-gateway.ts';
import { dollarsPerMillion, pricesKnownIn } from '../prices.ts';
import { progress } from '../progress.ts';
import type { Row } from '../row.ts';
import { typed } from './edits.ts';

/** What an update costs if others watch, compaction included, and what a late join after many updates costs. */

const watched = [2, 10, 50];
/** So many that the branch is compacted twice during the measurement. */
const repeats = 200;

const base64 = (update: Uint8Array) => Buffer.from(update).toString('base64');
const branch = { recordName: null, inst: 'inst', branch: 'default' };

export async function costRows(sink: SinkGateway): Promise<Row[]> {
  const rows: Row[] = [];
  for (const watchers of watched) rows.push(...(await updateRows(await open(sink), watchers)));
  return [...rows, ...(await lateJoinRows(sink))];
}

const open = (sink: SinkGateway) => openDeployment(sink.gateway, {}, { anonymous: new Set(['rooms', 'insts']) });

const say = (deployment: Deployment, id: ConnectionId, message: object) =>
  deployment.sendDirectly(id, JSON.stringify([1, 1, message]));

async function come(deployment: Deployment): Promise<ConnectionId> {
  const id = await deployment.connect('/websocket');
  await say(deployment, id, { type: 'login', connectionId: id });
  return id;
}

const watch = { type: 'repo/watch_branch', ...branch };

async function updateRows(deployment: Deployment, watchers: number): Promise<Row[]> {
  progress(`branches: costs with ${watchers} watchers`);
  const ids: ConnectionId[] = [];
  for (let n = 0; n < watchers; n++) {
    const id = await come(deployment);
    await say(deployment, id, watch);
    ids.push(id);
  }
  const [writer] = ids;
  if (!writer) throw new Error('a branch has a first watcher');
  const updates = typed(2 * repeats).map(base64);
  let next = 0;
  const used = await mean({ deployment, repeats }, async () => {
    const updateId = next++;
    await say(deployment, writer, { type: 'repo/add_updates', ...branch, updates: [updates[updateId]], updateId });
  });
  if (deployment.errors.length > 0) throw new AggregateError(deployment.errors, 'handlers failed');
  const { gateway, above } = dollarsPerMillion(used);
  return [
    { what: `update to ${watchers} watchers, compaction included`, actual: amounts(used), budget: '', ok: undefined },
    {
      what: `update to ${watchers} watchers: cost above the gateway's own`,
      actual: percent(above / gateway),
      budget: '',
      ok: undefined,
      note: `$${above.toFixed(2)} on $${gateway.toFixed(2)} per million (${pricesKnownIn}); ${used.tripsToFirstFrame} table round trips before the first delivery`,
    },
  ];
}

/** Updates per message, to make documents with many updates. */
const perMessage = 50;

async function lateJoinRows(sink: SinkGateway): Promise<Row[]> {
  const after = async (edits: number) => {
    progress(`branches: a late join after ${edits} edits`);
    const deployment = await open(sink);
    const writer = await come(deployment);
    const updates = typed(edits).map(base64);
    for (let at = 0; at < edits; at += perMessage) {
      await say(deployment, writer, {
        type: 'repo/add_updates',
        ...branch,
        updates: updates.slice(at, at + perMessage),
      });
      await deployment.drain();
    }
    return mean({ deployment, repeats: 10 }, async () => say(deployment, await come(deployment), watch));
  };
  const few = await after(100);
  const many = await after(10_000);
  return [
    { what: 'login and late join after 100 edits', actual: amounts(few), budget: '', ok: undefined },
    { what: 'login and late join after 10,000 edits', actual: amounts(many), budget: '', ok: undefined },
    {
      what: 'late join: table calls after 10,000 edits, more than after 100',
      actual: short(many.tableCalls - few.tableCalls),
      budget: '<= 2',
      ok: many.tableCalls - few.tableCalls <= 2,
      note: 'the snapshot, and what another reader compacted meanwhile',
    },
  ];
}
