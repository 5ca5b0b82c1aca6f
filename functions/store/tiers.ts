import type { StoreSession, Tier } from '../core/store-permissions.ts';

const operations: Readonly<Record<Tier, readonly string[]>> = {
  admin: [
    ...['defineBucket', 'dropBucket', 'updateBucket', 'getBucketSchema'].map((name) => `store.${name}`),
    ...['defineQuery', 'undefineQuery', 'listQueries'].map((name) => `store.${name}`),
    ...['registerRule', 'unregisterRule', 'updateRule', 'enableRule', 'disableRule'].map((name) => `rules.${name}`),
    ...['getRule', 'getRules', 'validateRule'].map((name) => `rules.${name}`),
    ...['register', 'unregister', 'update', 'list'].map((name) => `procedures.${name}`),
    ...['server.stats', 'server.connections', 'audit.query'],
  ],
  write: [
    ...['insert', 'update', 'delete', 'clear', 'transaction'].map((name) => `store.${name}`),
    ...['insertMany', 'updateMany', 'deleteMany', 'upsert'].map((name) => `store.${name}`),
    ...['rules.emit', 'rules.setFact', 'rules.deleteFact', 'procedures.call'],
  ],
  read: [
    ...['get', 'all', 'where', 'findOne', 'count', 'first', 'last', 'paginate'].map((name) => `store.${name}`),
    ...['sum', 'avg', 'min', 'max', 'groupBy', 'buckets', 'stats'].map((name) => `store.${name}`),
    ...['store.subscribe', 'store.unsubscribe'],
    ...['getFact', 'queryFacts', 'getAllFacts', 'subscribe', 'unsubscribe', 'stats'].map((name) => `rules.${name}`),
    'procedures.get',
  ],
};

const tiers: ReadonlyMap<string, Tier> = new Map(
  (['admin', 'write', 'read'] as const).flatMap((tier) => operations[tier].map((name) => [name, tier] as const)),
);

/** Undefined for requests without a tier: logging in and out, and unknown operations. */
export function tierOf(operation: string): Tier | undefined {
  return tiers.get(operation);
}

/** Every operation of a tier, for applications that allow a role the whole tier. */
export function operationsOf(tier: Tier): readonly string[] {
  return operations[tier];
}

const levels: Readonly<Record<Tier, number>> = { read: 0, write: 1, admin: 2 };
const roleLevels: ReadonlyMap<string, number> = new Map([
  ['reader', levels.read],
  ['writer', levels.write],
  ['admin', levels.admin],
]);

/**
 * `admin` reaches all tiers, `writer` those below, `reader` only reading. Roles of other names, and callers without
 * roles, reach writing.
 */
export function isReachedBy(roles: readonly string[], tier: Tier): boolean {
  const own = roles.flatMap((role) => roleLevels.get(role) ?? []);
  return levels[tier] <= (own.length > 0 ? Math.max(...own) : levels.write);
}

/** A read-only API key cannot write, even if its owner may. */
export function isWithinCap({ cap }: Pick<StoreSession, 'cap'>, tier: Tier): boolean {
  return cap === undefined || levels[tier] <= levels[cap];
}
