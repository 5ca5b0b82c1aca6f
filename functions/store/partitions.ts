import { createHash } from 'node:crypto';
import { keys, rowsIn } from '../core/keys.ts';
import type { Key } from '../core/table.ts';
import type { Bucket } from './bucket.ts';

/**
 * A partition of the table takes about a thousand writes a second, so a bucket may be spread over several. A row's key
 * determines its partition; queries by anything else read all of them.
 */
export type Partitioned = Pick<Bucket, 'name' | 'generation' | 'shards'>;

/** @param text of a record's key */
export function placeOf({ name, generation, shards }: Partitioned, text: string): Key {
  const shard = shards === 1 ? 0 : createHash('sha256').update(text).digest().readUInt32BE(0) % shards;
  return keys.row(name, generation, text, shard);
}

export function partitionsOf({ name, generation, shards }: Partitioned): string[] {
  return Array.from({ length: shards }, (_, shard) => rowsIn(name, generation, shard));
}

/** Merges several ordered sources into one ordered sequence. Reads at most one value ahead from each. */
export async function* merged<T>(
  sources: readonly AsyncGenerator<T>[],
  compare: (one: T, other: T) => number,
): AsyncGenerator<T> {
  const heads = await Promise.all(sources.map(async (source) => ({ source, next: await source.next() })));
  for (;;) {
    let first: { source: AsyncGenerator<T>; next: IteratorResult<T> } | undefined;
    for (const head of heads) {
      if (!head.next.done && (!first || compare(head.next.value, first.next.value) < 0)) first = head;
    }
    if (!first) return;
    yield first.next.value;
    first.next = await first.source.next();
  }
}
