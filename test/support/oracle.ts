import type { AppQuery, AppRecord, BucketReader } from '../../functions/core/app-query.ts';
import type { BucketDefinition } from '../../functions/core/bucket-definition.ts';

/** An application whose queries depend on records in all possible ways, and their results, computed without Chorus. */

export const kinds = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'] as const;
export const owners = Array.from({ length: 10 }, (_, at) => `owner-${at}`);
export const items = Array.from({ length: 60 }, (_, at) => `item-${at}`);

const text = { type: 'string' } as const;
const number = { type: 'number' } as const;
export const buckets: Readonly<Record<string, BucketDefinition>> = {
  items: {
    key: 'id',
    schema: { id: text, kind: text, owner: text, size: number, next: text },
    indexes: ['kind', 'owner'],
  },
  owners: { key: 'id', schema: { id: text, name: text } },
  /** Each transaction changes it, so that its version tells which state is newer. */
  clock: { key: 'id', schema: { id: text, now: number } },
};

const sum = (records: readonly AppRecord[]): number => records.reduce((total, { size }) => total + Number(size), 0);
const bySize = (one: AppRecord, other: AppRecord): number =>
  Number(other.size) - Number(one.size) || (String(one.id) < String(other.id) ? -1 : 1);
const shown = ({ id, size }: AppRecord) => ({ id, size });

export const queries: Readonly<Record<string, AppQuery>> = {
  'by-kind': { bucket: 'items', filter: { kind: '{{ params.kind }}' }, sort: { id: 'asc' }, fields: ['id', 'size'] },
  item: (ctx, { id }) => ctx.bucket('items').get(id),
  totals: async (ctx, { kind }) => {
    const items = ctx.bucket('items');
    const [count, size, clock] = await Promise.all([
      items.count({ kind }),
      items.sum('size', { kind }),
      ctx.bucket('clock').get('clock'),
    ]);
    return { count, size, now: clock?._version ?? 0 };
  },
  'of-owner': async (ctx, { owner }) => {
    const [person, owned] = await Promise.all([
      ctx.bucket('owners').get(owner),
      ctx.bucket('items').where({ owner, size: { $gte: 50 } }),
    ]);
    return { name: person?.name ?? null, owned: owned.map(shown).sort(bySize) };
  },
  largest: async (ctx) => (await ctx.bucket('items').all()).sort(bySize).slice(0, 3).map(shown),
  /** Its dependencies are only known while it reads. */
  chain: async (ctx, { id }) => {
    const path: unknown[] = [];
    let at: unknown = id;
    while (path.length < 4 && typeof at === 'string') {
      const item: Awaited<ReturnType<BucketReader['get']>> = await ctx.bucket('items').get(at);
      path.push(item ? shown(item) : at);
      at = item?.next;
    }
    return path;
  },
};

export interface World {
  readonly items: readonly AppRecord[];
  readonly owners: readonly AppRecord[];
  readonly now: number;
}

/** The expected result of a query. */
export function expected(query: string, params: Readonly<Record<string, string>>, world: World): unknown {
  const { kind, id, owner } = params;
  const ofKind = world.items.filter((item) => item.kind === kind);
  const itemAt = (key: unknown) => world.items.find((item) => item.id === key);
  switch (query) {
    case 'by-kind':
      return ofKind.map(shown).sort((one, other) => (String(one.id) < String(other.id) ? -1 : 1));
    case 'item':
      return itemAt(id) ?? null;
    case 'totals':
      return { count: ofKind.length, size: sum(ofKind), now: world.now };
    case 'of-owner': {
      const owned = world.items.filter((item) => item.owner === owner && Number(item.size) >= 50);
      return {
        name: world.owners.find((one) => one.id === owner)?.name ?? null,
        owned: owned.map(shown).sort(bySize),
      };
    }
    case 'largest':
      return world.items.toSorted(bySize).slice(0, 3).map(shown);
    default: {
      const path: unknown[] = [];
      let at: unknown = id;
      while (path.length < 4 && typeof at === 'string') {
        const item = itemAt(at);
        path.push(item ? shown(item) : at);
        at = item?.next;
      }
      return path;
    }
  }
}
