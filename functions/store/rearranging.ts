import type { Ports } from '../core/ports.ts';
import { type Bucket, indexesOf, rearranged } from './bucket.ts';
import type { Kept } from './bucket-store.ts';
import { changeBucket } from './change-bucket.ts';

/** Changes the index fields of new rows; existing rows are migrated in the background. */
export function indexingFor({ layout, indexing = layout }: Kept, wanted: readonly string[]): Partial<Kept> {
  return wanted.every((field) => indexing.includes(field)) ? {} : { indexing: rearranged(indexing, wanted) };
}

/**
 * The same for unique values: existing values will be claimed. Values of a field that is no longer unique are not
 * tracked.
 */
function claimingFor({ claimed, claiming = [] }: Kept, unique: readonly string[]): Partial<Kept> {
  if (claimed === undefined) return {};
  const fields = unique.filter((field) => !claimed.includes(field));
  return {
    claimed: claimed.filter((field) => unique.includes(field)),
    ...(fields.length > 0 || claiming.length > 0 ? { claiming: fields.length > 0 ? fields : undefined } : {}),
  };
}

/** During a deployment old and new code run side by side, and must not alternately rebuild each other's indexes. */
const steadyForMs = 10 * 60_000;

/** Migrates rows to the definition of their bucket, after a deployment of code with another definition. */
export async function rearrange(ports: Ports, bucket: Bucket): Promise<void> {
  const { name, definition, isBehind, uniqueFields, arrangedAt = 0 } = bucket;
  const now = ports.clock.now();
  if (!isBehind || now - arrangedAt < steadyForMs) return;
  const wanted = indexesOf(definition);
  await changeBucket(ports, name, (kept) => {
    // A concurrent call has just done it.
    if (kept.arrangedAt !== undefined && now - kept.arrangedAt < steadyForMs) return undefined;
    return { after: { ...kept, ...indexingFor(kept, wanted), ...claimingFor(kept, uniqueFields), arrangedAt: now } };
  });
}
