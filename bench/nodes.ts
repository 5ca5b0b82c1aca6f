import { startChorusProcess, startMemoryNodesProcess } from './load/processes.ts';
import { percentile } from './median.ts';
import { costs } from './nodes/costs.ts';
import { type NodesClient, openNodesClient } from './nodes/http-client.ts';
import { progress } from './progress.ts';
import type { Row } from './row.ts';
import { signInAt } from './store/client.ts';

/**
 * Nodes: what requests consume, and how many a second the local server takes, compared with a Map in one process, with
 * the same clients in the same run. Clients live in this process, each server in its own.
 */

const clients = 16;
const seconds = 4;
const warmUpSeconds = 3;
const wakings = 12;

type Asking = (client: NodesClient, turn: number) => Promise<unknown>;

export async function run(): Promise<Row[]> {
  const rows = await costs();
  const memory = await startMemoryNodesProcess();
  progress('nodes: starting Chorus');
  const chorus = await startChorusProcess();
  try {
    const token = await signInAt(chorus.socketUrl, 'ann@example.com');
    const open = (socketUrl: string, shown?: string) =>
      Array.from({ length: clients }, () => openNodesClient(socketUrl, shown));
    const both = [open(chorus.socketUrl, token), open(memory.socketUrl)] as const;
    // Clients of 1.x show no credential.
    const strangers = [open(chorus.socketUrl), open(memory.socketUrl)] as const;
    for (const count of [20, 250])
      rows.push(await besideMemory(`sync of ${count} nodes`, strangers, await syncing(both, strangers, count)));
    const raise: Asking = (client, turn) => client.post('update', { key: `raised ${turn % 100}`, hash: String(turn) });
    rows.push(await besideMemory('update', both, raise));
    rows.push(await waking(both));
    for (const client of [both, strangers].flat(2)) client.close();
    return rows;
  } finally {
    await Promise.all([memory.stop(), chorus.stop()]);
  }
}

type Both = readonly [ours: readonly NodesClient[], memory: readonly NodesClient[]];

/** Nodes that nobody changes, with versions that the client knows: the most frequent request. */
async function syncing(writers: Both, readers: Both, count: number): Promise<Asking> {
  const known = new Map<NodesClient, Record<string, number>>();
  for (const [index, [writer]] of writers.entries()) {
    const versions: Record<string, number> = {};
    for (let n = 0; writer && n < count; n += 1) {
      const key = `chat:room:${n}`;
      versions[key] = (await writer.post('update', { key, hash: 'h' })).version;
    }
    for (const client of readers[index] ?? []) known.set(client, versions);
  }
  return async (client) => {
    const { changed } = await client.post('sync', { known: known.get(client) });
    if (Object.keys(changed).length > 0) throw new Error('nothing had changed');
  };
}

async function besideMemory(what: string, [ours, memory]: Both, asking: Asking): Promise<Row> {
  progress(what);
  const measure = async (group: readonly NodesClient[]) => {
    await closedLoop(group, warmUpSeconds, asking);
    return closedLoop(group, seconds, asking);
  };
  const [mine, theirs] = [await measure(ours), await measure(memory)];
  return {
    what: `${what}, ${clients} connections`,
    actual: said(mine),
    budget: '',
    ok: undefined,
    note: `${(mine.perSecond / theirs.perSecond).toFixed(3)} of a Map in memory (${said(theirs)})`,
  };
}

interface Looped {
  readonly perSecond: number;
  readonly latencies: readonly number[];
}

async function closedLoop(group: readonly NodesClient[], forSeconds: number, asking: Asking): Promise<Looped> {
  const latencies: number[] = [];
  const startedAt = performance.now();
  const until = startedAt + forSeconds * 1_000;
  let turn = 0;
  await Promise.all(
    group.map(async (client) => {
      while (performance.now() < until) {
        const askedAt = performance.now();
        turn += 1;
        await asking(client, turn);
        latencies.push(performance.now() - askedAt);
      }
    }),
  );
  return { perSecond: (latencies.length / (performance.now() - startedAt)) * 1_000, latencies };
}

/** From the answer to an update until a waiting request has the node. */
async function waking([ours, memory]: Both): Promise<Row> {
  progress('waking');
  const measure = async ([waiter, writer]: readonly NodesClient[]) => {
    const delays: number[] = [];
    for (let n = 0; waiter && writer && n < wakings; n += 1) {
      const key = `waking ${n}`;
      const { version } = await writer.post('update', { key, hash: '0' });
      const woken = waiter.post('sync', { known: { [key]: version }, wait: 9_000 }).then(() => performance.now());
      await new Promise((resolve) => setTimeout(resolve, 300 + 20 * n));
      await writer.post('update', { key, hash: '1' });
      const answeredAt = performance.now();
      delays.push(Math.max(0, (await woken) - answeredAt));
    }
    return delays;
  };
  const [mine, theirs] = [await measure(ours), await measure(memory)];
  return {
    what: 'a waiting request hears of an update after',
    actual: `p50 ${percentile(mine, 0.5).toFixed(0)} ms, at most ${percentile(mine, 1).toFixed(0)} ms`,
    budget: '<= 1000 ms',
    ok: percentile(mine, 1) <= 1_000,
    note: `in one process ${percentile(theirs, 0.5).toFixed(1)} ms; other processes look every 250 ms`,
  };
}

const said = ({ perSecond, latencies }: Looped): string =>
  `${perSecond.toFixed(0)}/s, p50 ${percentile(latencies, 0.5).toFixed(1)} ms, p99 ${percentile(latencies, 0.99).toFixed(1)} ms`;
