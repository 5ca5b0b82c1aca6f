import { percentile } from '../median.ts';
import { progress } from '../progress.ts';
import type { Row } from '../row.ts';
import type { StoreClient } from './client.ts';
import { type Asking, closedLoop, type Looped } from './closed-loop.ts';

/** What is asked over and over; budgets are for twenty connections on two idle cores. */
export interface Load {
  readonly what: string;
  readonly asking: Asking;
  readonly budget?: number;
}

const many = 20;
const seconds = 4;
const warmUpSeconds = 1.5;

/** Both in turns, so that whatever else the machine does hits both. */
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
