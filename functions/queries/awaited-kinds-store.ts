import { together } from '../core/concurrently.ts';
import { ex, named } from '../core/expression.ts';
import { keys } from '../core/keys.ts';
import type { Ports } from '../core/ports.ts';
import type { Table } from '../core/table.ts';

/**
 * On what sort of things of a bucket anybody depends at all: its records by key, its records by one field, all of them. One
 * small item a bucket, so that a write of which nobody wants to know asks once and not for each thing that it touches.
 * Noted before the rows that it announces, and never taken back: it holds until those rows are surely gone.
 */

/** Noted for so much longer than needed, so that it need not be noted for everybody who comes. */
const someMoreMs = 3_600_000;

/** The names of `store/touches.ts`: a bucket, in which `#` does not occur, a sort of things, and which one. */
function placeOf(name: string): { readonly bucket: string; readonly kind: string } {
  const [bucket = '', kind = ''] = name.split('#', 2);
  return { bucket, kind };
}

/** @returns whether anybody may depend on things of that sort */
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

/** From here on writes of things of these sorts look for who depends on them. */
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
      // It stands now, or something longer did.
      known.set(name, longer);
    }),
  );
}

/** What this process knows to stand, one map to a table. */
type Known = Map<string, number>;
const knownKinds = new WeakMap<Table, Known>();

function knownIn(table: Table): Known {
  const known: Known = knownKinds.get(table) ?? new Map();
  knownKinds.set(table, known);
  return known;
}
