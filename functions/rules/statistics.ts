import type { Ports } from '../core/ports.ts';
import { readBook } from './book.ts';
import { readCounts } from './count-store.ts';
import { countFacts } from './fact-store.ts';
import { type RuleStats, statsOf } from './stats.ts';
import { countTimers } from './timer-store.ts';

/** Statistics of all processes since the deployment, and current counts. Reads the keys of all facts. */
export async function statistics(ports: Ports): Promise<RuleStats> {
  const [{ rules }, factsCount, timersCount, counts] = await Promise.all([
    readBook(ports),
    countFacts(ports),
    countTimers(ports),
    readCounts(ports),
  ]);
  return statsOf({ rulesCount: rules.length, factsCount, timersCount }, counts);
}
