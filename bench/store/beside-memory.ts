import { startChorusProcess, startMemoryStoreProcess } from '../load/processes.ts';
import { percentile } from '../median.ts';
import { progress } from '../progress.ts';
import type { Row } from '../row.ts';
import { openStoreClients, type StoreClient, signInAt } from './client.ts';
import { type Asking, closedLoop, type Looped } from './closed-loop.ts';

/** A request that is repeated; budgets are for twenty connections on two idle cores. */
export interface Load {
  readonly what: string;
  readonly asking: Asking;
  readonly budget?: number;
}

/** Connections to each server. */
export const many = 20;
const seconds = 4;
const warmUpSeconds = 1.5;

export interface Both {
  readonly ours: readonly StoreClient[];
  readonly memory: readonly StoreClient[];
  /** For more connections to Chorus. */
  readonly socketUrl: string;
  readonly token: string;
}

/** Runs Chorus and the server in memory, with clients of both, while `rowsOf` measures. */
export async function withBoth(name: string, rowsOf: (both: Both) => Promise<Row[]>): Promise<Row[]> {
  const memory = await startMemoryStoreProcess();
  progress(`${name}: starting Chorus`);
  const chorus = await startChorusProcess();
  try {
    const socketUrl = chorus.socketUrl.replace('/live', '/');
    const token = await signInAt(socketUrl, 'ann@example.com');
    const ours = await openStoreClients(socketUrl, token, many);
    const theirs = await openStoreClients(memory.socketUrl, '', many);
    const rows = await rowsOf({ ours, memory: theirs, socketUrl, token });
    for (const client of [...ours, ...theirs]) client.close();
    return rows;
  } finally {
    await memory.stop();
    await chorus.stop();
  }
}

/** Both in turns, so that other load on the machine affects both. */
export async function besideMemory(
  { what, asking, budget }: Load,
  ours: readonly StoreClient[],
  memory: readonly StoreClient[],
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const count of [1, many]) {
    progress(`${what}, ${count} connections`);
    const measure = async (clients: readonly StoreClient[]) => {
      await closedLoop(clients.slice(0, count), warmUpSeconds, asking);
      return closedLoop(clients.slice(0, count), seconds, asking);
    };
    const [mine, theirs] = [await measure(ours), await measure(memory)];
    const wanted = count === many ? budget : undefined;
    rows.push({
      what: `${what}, ${count === 1 ? 'one connection' : `${count} connections`}`,
      actual: `${mine.perSecond.toFixed(0)}/s, ${delays(mine)}`,
      budget: wanted === undefined ? '' : `>= ${wanted}/s`,
      ok: wanted === undefined ? undefined : mine.perSecond >= wanted,
      note: `${(mine.perSecond / theirs.perSecond).toFixed(3)} of Maps in memory (${theirs.perSecond.toFixed(0)}/s, ${delays(theirs)})`,
    });
  }
  return rows;
}

export const delays = ({ latencies }: Pick<Looped, 'latencies'>): string =>
  `p50 ${percentile(latencies, 0.5).toFixed(1)} ms, p99 ${percentile(latencies, 0.99).toFixed(1)} ms`;
