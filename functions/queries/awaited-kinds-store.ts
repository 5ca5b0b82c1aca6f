import { together } from '../core/concurrently.ts';
import { ex, named } from '../core/expression.ts';
import { keys } from '../core/keys.ts';
import type { Ports } from '../core/ports.ts';
import type { Table } from '../core/table.ts';

/**
 * The kinds of things in a bucket on which any live query depends: records by key, records by one field, or all of
 * them. One small item per bucket, so that a write without dependents costs one read instead of one per touched thing.
 * It is written before the dependents' rows, and never removed: it expires after those rows are gone.
 */

/** Written for so much longer than needed, so that not every new subscriber has to write it. */
const someMoreMs = 3_600_000;

/** Parses a name of `store/touches.ts`: a bucket (without `#`), a kind of things, and the thing. */
function placeOf(name: string): { readonly bucket: string; readonly kind: string } {
  const [bucket = '', kind = ''] = name.split('#', 2);
  return { bucket, kind };
}

/** @returns whether any query may depend on things of that kind */
export async function awaitedKinds(
  { connections, clock }: Ports,
  names: readonly string[],
): Promise<(name: string) => boolean> {
  const buckets = [...new Set(names.map((name) => placeOf(name).bucket))];
  const items = await connections.batchGet(buckets.map(keys.awaited));
  const byKey = new Map(items.map((item) => [String(item.pk), item]));
  const now = clock.now();
  return (name) => {
    const { bucket, kind } = placeOf(name);
    return Number(byKey.get(keys.awaited(bucket).pk)?.[kind] ?? 0) > now;
  };
}

/** Makes writes of things of these kinds look for dependent queries. */
export async function awaitKinds({ connections }: Ports, names: readonly string[], until: number): Promise<void> {
  const known = knownIn(connections);
  const places = new Map(names.map(placeOf).map((place) => [`${place.bucket}#${place.kind}`, place]));
  const missing = [...places].filter(([name]) => (known.get(name) ?? 0) < until);
  await together(
    missing.map(async ([name, { bucket, kind }]) => {
      const longer = until + someMoreMs;
      const attribute = named(kind);
      await connections.update(keys.awaited(bucket), ex`SET ${attribute} = ${longer}`, {
        when: ex`attribute_not_exists(${attribute}) OR ${attribute} < ${longer}`,
      });
      // It is written now, or a longer one already was.
      known.set(name, longer);
    }),
  );
}

/** What this process knows to be written, one map per table. */
type Known = Map<string, number>;
const knownKinds = new WeakMap<Table, Known>();

function knownIn(table: Table): Known {
  const known: Known = knownKinds.get(table) ?? new Map();
  knownKinds.set(table, known);
  return known;
}
