import { ex } from '../core/expression.ts';
import { factsIn, keys } from '../core/keys.ts';
import type { Ports } from '../core/ports.ts';
import type { Item } from '../core/table.ts';
import type { Fact } from './event.ts';
import { firstKeySegment, isExactKey, isRuleName, matchesKey } from './patterns.ts';
import { shardOf, shards } from './shards.ts';

/**
 * Facts, by key. Facts with the same first segment are in one shard, so that a pattern with a literal first segment is
 * one query; all other patterns read all shards. Values are stored as JSON text, which preserves every number and
 * depth.
 */

/** Sets a fact and increments its version. Concurrent calls each get their own version. */
export async function setFact(
  { table, clock }: Ports,
  key: string,
  value: unknown,
  source: Fact['source'],
): Promise<Fact> {
  const text = JSON.stringify(value);
  const timestamp = clock.now();
  const written = await table.update(
    keyOf(key),
    ex`SET value = ${text}, timestamp = ${timestamp}, source = ${source} ADD version ${1}`,
  );
  return { key, value, timestamp, source, version: Number(written.ok && written.item?.version) };
}

/** Undefined also for invalid keys, which references may produce. */
export async function findFact({ table }: Ports, key: string): Promise<Fact | undefined> {
  if (!isRuleName(key)) return undefined;
  const item = await table.get(keyOf(key));
  return item && factOf(item);
}

/** @returns whether there was one */
export async function deleteFact({ table }: Ports, key: string): Promise<boolean> {
  return (await table.delete(keyOf(key), ex`attribute_exists(pk)`)).ok;
}

/** Those whose keys match, sorted by key. */
export async function factsMatching(ports: Ports, pattern: string): Promise<Fact[]> {
  if (isExactKey(pattern)) {
    const fact = await findFact(ports, pattern);
    return fact ? [fact] : [];
  }
  if (!isRuleName(pattern)) return [];
  const first = firstKeySegment(pattern);
  if (first === '*') return (await allFacts(ports)).filter(({ key }) => matchesKey(pattern, key));
  const segments = pattern.split(':');
  // All matching keys begin with the text before the first star, including the colon.
  const beginsWith = `${segments.slice(0, segments.indexOf('*')).join(':')}:`;
  const items = await ports.table.query({ pk: factsIn(shardOf(first)), beginsWith });
  return items.map(factOf).filter(({ key }) => matchesKey(pattern, key));
}

/** All there are, sorted by key. */
export async function allFacts({ table }: Ports): Promise<Fact[]> {
  const found = await Promise.all(shards.map((shard) => table.query({ pk: factsIn(shard) })));
  return found
    .flat()
    .map(factOf)
    .sort((one, other) => (one.key < other.key ? -1 : 1));
}

/** Reads all keys. */
export async function countFacts({ table }: Ports): Promise<number> {
  const found = await Promise.all(shards.map((shard) => table.query({ pk: factsIn(shard), only: ['sk'] })));
  return found.reduce((sum, { length }) => sum + length, 0);
}

const keyOf = (key: string) => keys.fact(shardOf(firstKeySegment(key)), key);

function factOf(item: Item): Fact {
  return {
    key: String(item.sk),
    value: JSON.parse(String(item.value)),
    timestamp: Number(item.timestamp),
    source: item.source === 'rule' ? 'rule' : 'api',
    version: Number(item.version),
  };
}
