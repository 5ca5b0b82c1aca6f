import { ex } from '../core/expression.ts';
import { keys } from '../core/keys.ts';
import type { Ports } from '../core/ports.ts';
import { shards } from './shards.ts';
import { addCounts, noCounts, type RuleCounters } from './stats.ts';

/** Adds to the statistics of all processes since the deployment, in a random shard. */
export async function count({ table, ids }: Ports, counted: RuleCounters): Promise<void> {
  const { eventsProcessed, rulesExecuted, processingMs } = counted;
  await table.update(
    keys.ruleCounts(ids.integer(shards.length)),
    ex`ADD eventsProcessed ${eventsProcessed}, rulesExecuted ${rulesExecuted}, processingMs ${processingMs}`,
  );
}

export async function readCounts({ table }: Ports): Promise<RuleCounters> {
  const items = await table.batchGet(shards.map((shard) => keys.ruleCounts(shard)));
  const counted = items.map(({ eventsProcessed, rulesExecuted, processingMs }) => ({
    eventsProcessed: Number(eventsProcessed),
    rulesExecuted: Number(rulesExecuted),
    processingMs: Number(processingMs),
  }));
  return counted.reduce(addCounts, noCounts);
}
