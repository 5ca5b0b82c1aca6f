import { createHash } from 'node:crypto';

/** Facts, timers and counters are spread over so many partitions, each of which takes a thousand writes a second. */
const count = 8;

export const shards: readonly number[] = Array.from({ length: count }, (_, shard) => shard);

/** The same for the same text, always. */
export function shardOf(text: string): number {
  return (createHash('sha256').update(text).digest()[0] ?? 0) % count;
}
