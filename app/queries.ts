import type { AppQuery } from '../functions/core/app-query.ts';

/** The standing questions of the example: clients and tests rely on their names, parameters and results. */
export const queries: Readonly<Record<string, AppQuery>> = {
  'all-users': (ctx) => ctx.bucket('users').all(),
  'users-by-role': (ctx, { role }) => ctx.bucket('users').where({ role }),
  'user-count': (ctx) => ctx.bucket('users').count(),
  'user-by-id': (ctx, { id }) => ctx.bucket('users').get(id),
  'products-by-category': (ctx, { category }) => ctx.bucket('products').where({ category }),

  'category-stats': async (ctx, { category }) => {
    const products = ctx.bucket('products');
    const filter = { category };
    const [count, stock, minPrice, maxPrice] = await Promise.all([
      products.count(filter),
      products.sum('stock', filter),
      products.min('price', filter),
      products.max('price', filter),
    ]);
    return { count, stock, minPrice, maxPrice };
  },

  'cheapest-products': async (ctx, { category, limit = 3 }) => {
    const products = await ctx.bucket('products').where({ category });
    return products
      .toSorted((a, b) => Number(a.price) - Number(b.price))
      .slice(0, Number(limit))
      .map(({ id, title, price }) => ({ id, title, price }));
  },

  'user-with-logs': async (ctx, { userId }) => {
    const [user, logs] = await Promise.all([ctx.bucket('users').get(userId), ctx.bucket('logs').where({ userId })]);
    return { user, logs };
  },

  counter: (ctx, { name }) => ctx.bucket('counters').get(name),
  'presence-in-room': (ctx, { room }) => ctx.bucket('presence').where({ room }),
  'vault-all': (ctx) => ctx.bucket('vault').all(),

  broken: () => {
    throw new Error('boom');
  },

  'tasks-by-status': {
    bucket: 'tasks',
    filter: { status: '{{ params.status }}' },
    sort: { priority: 'desc' },
    fields: ['id', 'title', 'priority'],
  },
};
