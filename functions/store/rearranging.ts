import type { Ports } from '../core/ports.ts';
import { type Bucket, indexesOf, rearranged } from './bucket.ts';
import type { Kept } from './bucket-store.ts';
import { changeBucket } from './change-bucket.ts';

/** Rows are put into other indexes from now on; those that are there follow behind the scenes. */
export function indexingFor({ layout, indexing = layout }: Kept, wanted: readonly string[]): Partial<Kept> {
  return wanted.every((field) => indexing.includes(field)) ? {} : { indexing: rearranged(indexing, wanted) };
}

/** While code is being deployed, old and new run side by side: they must not take turns at each other's indexes. */
const steadyForMs = 10 * 60_000;

/** Gives a bucket the indexes that its definition asks for, where code has been deployed that asks for others. */
export async function rearrange(
  ports: Ports,
  { name, definition, lacksIndexes, arrangedAt = 0 }: Bucket,
): Promise<void> {
  const now = ports.clock.now();
  if (!lacksIndexes || now - arrangedAt < steadyForMs) return;
  const wanted = indexesOf(definition);
  await changeBucket(ports, name, (kept) => {
    const change = indexingFor(kept, wanted);
    return change.indexing ? { after: { ...kept, ...change, arrangedAt: now } } : undefined;
  });
}
