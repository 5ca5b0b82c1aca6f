import { implement } from '../core/implement.ts';
import { defineBucket, definitionNamed, dropBucket, updateBucket } from '../store/bucket-definitions.ts';
import { defineQuery, listQueries, undefineQuery } from '../store/query-definitions.ts';
import { definitionsContract } from './contract.ts';

/** Administration at run time. Each change is one transaction, and every affected operation reads it. */
export const definitions = implement('definitions', definitionsContract, {
  async defineBucket(ports, _, { name, config }) {
    await defineBucket(ports, name, config);
    return { name, created: true as const };
  },

  async dropBucket(ports, _, { name }) {
    await dropBucket(ports, name);
    return { name, dropped: true as const };
  },

  async updateBucket(ports, _, { name, updates }) {
    await updateBucket(ports, name, updates);
    return { name, updated: true as const };
  },

  getBucketSchema: async (ports, _, { name }) => ({ name, config: { ...(await definitionNamed(ports, name)) } }),

  async defineQuery(ports, _, { name, config }) {
    await defineQuery(ports, name, config);
    return { name, defined: true as const };
  },

  async undefineQuery(ports, _, { name }) {
    await undefineQuery(ports, name);
    return { name, undefined: true as const };
  },

  listQueries: async (ports) => ({ queries: await listQueries(ports) }),
});
