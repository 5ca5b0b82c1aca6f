import * as z from 'zod/mini';
import type { AppQuery } from '../functions/core/app-query.ts';

const category = z.string();

/** The queries of the example. Clients and tests rely on their names, parameters and results. */
export const queries: Readonly<Record<string, AppQuery>> = {
  'all-users': (ctx) => ctx.bucket('users').all(),
  'users-by-role': {
    params: z.object({ role: z.string() }),
    run: (ctx, { role }) => ctx.bucket('users').where({ role }),
  },
  'user-count': (ctx) => ctx.bucket('users').count(),
  'user-by-id': {
    params: z.object({ id: z.string() }),
    run: (ctx, { id }) => ctx.bucket('users').get(id),
  },
  'products-by-category': {
    params: z.object({ category }),
    run: (ctx, filter) => ctx.bucket('products').where(filter),
  },

  'category-stats': {
    params: z.object({ category }),
    async run(ctx, filter) {
      const products = ctx.bucket('products');
      const [count, stock, minPrice, maxPrice] = await Promise.all([
        products.count(filter),
        products.sum('stock', filter),
        products.min('price', filter),
        products.max('price', filter),
      ]);
      return { count, stock, minPrice, maxPrice };
    },
  },

  'cheapest-products': {
    params: z.object({ category, limit: z._default(z.int().check(z.minimum(1)), 3) }),
    async run(ctx, { category, limit }) {
      const products = await ctx.bucket('products').where({ category });
      return products
        .toSorted((a, b) => Number(a.price) - Number(b.price))
        .slice(0, Number(limit))
        .map(({ id, title, price }) => ({ id, title, price }));
    },
  },

  'user-with-logs': {
    params: z.object({ userId: z.string() }),
    async run(ctx, { userId }) {
      const [user, logs] = await Promise.all([ctx.bucket('users').get(userId), ctx.bucket('logs').where({ userId })]);
      return { user, logs };
    },
  },

  counter: {
    params: z.object({ name: z.string() }),
    run: (ctx, { name }) => ctx.bucket('counters').get(name),
  },
  'presence-in-room': {
    params: z.object({ room: z.string() }),
    run: (ctx, { room }) => ctx.bucket('presence').where({ room }),
  },
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
