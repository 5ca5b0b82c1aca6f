import type { Arbitrary } from './arbitrary.ts';
import type { NoexFrame } from './noex.ts';

/** Random changes of the example application, and the expected results of its queries, computed without Chorus. */

/** A query and its parameters. */
export interface Ask {
  readonly query: string;
  readonly params: Readonly<Record<string, string>>;
}

type Row = NoexFrame['data'];
/** All records by bucket. */
export type Shop = Readonly<Record<(typeof shopBuckets)[number], readonly Row[]>>;

export const shopBuckets = ['users', 'products', 'logs', 'tasks', 'counters', 'claims'] as const;
const roles = ['user', 'guest', 'editor'];
const categories = ['books', 'bikes', 'boats', 'bread'];
const statuses = ['todo', 'doing', 'done'];
const users = Array.from({ length: 12 }, (_, at) => `user-${at}`);
const products = Array.from({ length: 25 }, (_, at) => `product-${at}`);
const counters = ['one', 'two', 'three'];

/** Queries of each kind, in turn. */
export function asks({ oneOf }: Arbitrary, count: number): Ask[] {
  const kinds: readonly (() => readonly [query: string, params?: Ask['params']])[] = [
    () => ['users-by-role', { role: oneOf(roles) }],
    () => ['user-by-id', { id: oneOf(users) }],
    () => ['products-by-category', { category: oneOf(categories) }],
    () => ['category-stats', { category: oneOf(categories) }],
    () => ['cheapest-products', { category: oneOf(categories) }],
    () => ['user-with-logs', { userId: oneOf(users) }],
    () => ['counter', { name: oneOf(counters) }],
    () => ['tasks-by-status', { status: oneOf(statuses) }],
    () => ['user-count'],
    () => ['all-users'],
  ];
  return Array.from({ length: count }, (_, at) => {
    const [query, params = {}] = kinds[at % kinds.length]?.() ?? ['user-count'];
    return { query, params };
  });
}

/** What must exist before anything is changed. */
export const first = counters.map((name) => ({ op: 'insert', bucket: 'counters', data: { name } }));

/** A transaction of five changes, which leaves two records of its name: both, or none. It works in any state. */
export function change({ integer, oneOf }: Arbitrary, name: string): object[] {
  const again = (bucket: string, key: string | number, data: object) => [
    { op: 'delete', bucket, key },
    ...(integer(4) === 0 ? [] : [{ op: 'insert', bucket, data: { id: key, ...data } }]),
  ];
  const kinds = [
    () => again('users', oneOf(users), { name: 'N', role: oneOf(roles), credits: integer(9) }),
    () => again('products', oneOf(products), { title: 'T', category: oneOf(categories), price: integer(50), stock: 1 }),
    () => again('tasks', 1 + integer(20), { title: 'T', status: oneOf(statuses), priority: 1 + integer(5) }),
    () => [{ op: 'update', bucket: 'counters', key: oneOf(counters), data: { value: integer(1000) } }],
  ];
  return [
    { op: 'insert', bucket: 'claims', data: { id: name } },
    { op: 'insert', bucket: 'logs', data: { id: name, action: 'A', userId: oneOf(users) } },
    ...Array.from({ length: 3 }, () => oneOf(kinds)()).flat(),
  ];
}

/** The expected result of a query. */
export function expected({ query, params }: Ask, shop: Shop): unknown {
  const { role, id, category, userId, name, status } = params;
  const ofCategory = shop.products.filter((one) => one.category === category);
  const prices = ofCategory.map(({ price }) => price);
  switch (query) {
    case 'users-by-role':
      return shop.users.filter((one) => one.role === role);
    case 'user-by-id':
      return shop.users.find((one) => one.id === id) ?? null;
    case 'products-by-category':
      return ofCategory;
    case 'category-stats': {
      const [minPrice, maxPrice] = prices.length === 0 ? [null, null] : [Math.min(...prices), Math.max(...prices)];
      return { count: prices.length, stock: ofCategory.reduce((sum, { stock }) => sum + stock, 0), minPrice, maxPrice };
    }
    case 'cheapest-products':
      return ofCategory
        .toSorted((a, b) => a.price - b.price)
        .slice(0, 3)
        .map(({ id, title, price }) => ({ id, title, price }));
    case 'user-with-logs':
      return {
        user: shop.users.find((one) => one.id === userId) ?? null,
        logs: shop.logs.filter((one) => one.userId === userId),
      };
    case 'counter':
      return shop.counters.find((one) => one.name === name) ?? null;
    case 'tasks-by-status':
      return shop.tasks
        .filter((one) => one.status === status)
        .map(({ id, title, priority }) => ({ id, title, priority }))
        .sort((a, b) => b.priority - a.priority);
    case 'user-count':
      return shop.users.length;
    default:
      return shop.users;
  }
}
