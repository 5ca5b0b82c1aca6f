import { defineApp } from '../functions/core/app.ts';
import { buckets } from './buckets.ts';
import { permissions } from './permissions.ts';
import { queries } from './queries.ts';
import { rules } from './rules.ts';

/** What this deployment adds in code: a small shop. See docs/architecture.md, "The application module". */
export default defineApp({
  name: 'chorus',
  buckets,
  queries,
  rules: { definitions: rules },
  auth: {
    roles: ({ addresses }) => (addresses.some((address) => address.endsWith('@limited.example')) ? ['limited'] : []),
    permissions,
  },
  rateLimit: ({ roles }) => (roles.includes('limited') ? { maxRequests: 20, windowMs: 3_000 } : undefined),
  connectionLimits: { maxSubscriptionsPerConnection: 20 },
  audit: { tiers: ['admin'] },
});
