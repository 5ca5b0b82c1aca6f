import type { RawRequest } from '../core/caller.ts';
import { Failure } from '../core/errors.ts';
import { implement } from '../core/implement.ts';
import type { Ports } from '../core/ports.ts';
import { secretSetting } from '../core/secret-setting.ts';
import { isSameSecret } from '../core/timing-safe.ts';
import { keysInOrder, listPage } from '../memory/listing.ts';
import { findInstance } from '../projects/reach.ts';
import { administrationContract } from './contract.ts';

/** For operators, who are no users: the token in the setting `ADMIN_TOKEN` gives access to every instance. */
export const administration = implement('administration', administrationContract, {
  async inspectInstance(ports, { request }, { objectId, cursor }) {
    await requireOperator(ports, request);
    if (!(await findInstance(ports, objectId))) throw new Failure('not_found', 'Instance not found');
    const { entries, next } = await listPage(ports, objectId, { limit: ports.settings.instanceMaxKeys, cursor });
    return keysInOrder(entries, next === undefined ? {} : { next });
  },
});

/** @throws Failure `invalid_key`, also if no token is configured */
async function requireOperator(ports: Ports, request: RawRequest | undefined): Promise<void> {
  const { adminToken } = ports.settings;
  const shown = request?.header('x-admin-token');
  const isOperator =
    adminToken !== undefined && shown !== undefined && isSameSecret(shown, await secretSetting(ports, adminToken));
  if (!isOperator) throw new Failure('invalid_key', 'Unauthorized');
}
