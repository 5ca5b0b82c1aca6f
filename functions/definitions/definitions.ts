import { implement } from '../core/implement.ts';
import { defineQuery, listQueries, undefineQuery } from '../store/query-definitions.ts';
import { definitionsContract } from './contract.ts';

/** Administration at run time: each change is one transaction, and read with every operation that it concerns. */
export const definitions = implement('definitions', definitionsContract, {
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
