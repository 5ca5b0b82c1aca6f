import type { Permissions } from '../functions/core/store-permissions.ts';
import { operationsOf } from '../functions/store/tiers.ts';

const ofEverybody = [...operationsOf('read'), ...operationsOf('write')].filter((name) => name !== 'store.clear');

/** Administrators may do everything. Signed-in users may read and write, except what is kept from them. */
export const permissions: Permissions = {
  default: 'deny',
  rules: [
    { role: 'admin', allow: '*' },
    { role: 'user', allow: ofEverybody, exceptBuckets: ['vault', 'vault-all'], exceptTopics: ['admin.*'] },
  ],
};
