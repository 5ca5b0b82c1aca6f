import type { Ports } from '../core/ports.ts';
import { countSubscriptions } from '../queries/noted.ts';
import type { Bucket } from './bucket.ts';
import { bucketNamed, bucketNames } from './bucket-store.ts';
import { allQueries } from './named-query.ts';
import { countRows } from './row-store.ts';

/** The interval of checks for expired records: 0, because no read returns one. */
const checkIntervalMs = 0;

/** Counts the rows of every bucket, which costs reads. */
export async function stats(ports: Ports) {
  const names = await bucketNames(ports);
  const buckets = await Promise.all(names.map((name) => bucketNamed(ports, name)));
  const counts = await Promise.all(buckets.map((bucket) => countRows(ports, bucket)));
  const indexes = buckets.map(
    ({ definition, uniqueFields }) => (definition.indexes?.length ?? 0) + uniqueFields.length,
  );
  const [queries, subscriptions] = await Promise.all([allQueries(ports), countSubscriptions(ports)]);
  return {
    name: ports.app.name,
    buckets: { count: names.length, names },
    records: totalled(buckets, counts),
    indexes: totalled(buckets, indexes),
    queries: {
      defined: queries.length,
      activeSubscriptions: [...subscriptions.values()].reduce((sum, count) => sum + count, 0),
    },
    persistence: { enabled: true },
    ttl: { enabled: buckets.some(({ definition }) => definition.ttl !== undefined), checkIntervalMs },
  };
}

function totalled(buckets: readonly Bucket[], numbers: readonly number[]) {
  return {
    total: numbers.reduce((sum, number) => sum + number, 0),
    perBucket: Object.fromEntries(buckets.map(({ name }, at) => [name, numbers[at] ?? 0])),
  };
}
