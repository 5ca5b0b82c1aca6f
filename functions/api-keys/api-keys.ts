import { identityOf } from '../auth/identity.ts';
import type { Caller, Scope } from '../core/caller.ts';
import { askToCloseSockets } from '../core/close-sockets.ts';
import { Failure } from '../core/errors.ts';
import { implement } from '../core/implement.ts';
import type { Ports } from '../core/ports.ts';
import { type ApiKey, listKeys, putKey, removeKey } from './api-key-store.ts';
import { apiKeysContract } from './contract.ts';
import { hashOfKey, newKeyText, shownPart } from './key-text.ts';

/**
 * Keys with which programs act for their owner. A key is shown once, when it is made; deleting it takes effect with the
 * next request, and closes the sockets that were opened with it.
 */
export const apiKeys = implement('apiKeys', apiKeysContract, {
  async listApiKeys({ table }, caller) {
    const keys = await listKeys(table, identityOf(caller).userId);
    return { keys: keys.sort((a, b) => b.createdTimeMs - a.createdTimeMs).map(shown) };
  },

  createApiKey,

  async deleteApiKey(ports, caller, { id }) {
    const { userId } = identityOf(caller);
    if (!(await removeKey(ports.table, userId, id))) throw new Failure('not_found', 'API key not found');
    await askToCloseSockets(ports, { userId, credential: { kind: 'apiKey', id } });
    return { success: true } as const;
  },
});

interface Wanted {
  readonly name: string;
  readonly scopeType: 'account' | 'project' | 'instance';
  readonly scopeId?: string | undefined;
  readonly permissions: readonly Scope[];
}

async function createApiKey({ table, ids, clock }: Ports, caller: Caller, wanted: Wanted) {
  const { name, scopeType, scopeId } = wanted;
  if (scopeType !== 'account') {
    if (scopeId === undefined) throw new Failure('unacceptable_request', `A key for one ${scopeType} needs a scopeId.`);
    throw new Failure('not_found', scopeType === 'project' ? 'Project not found' : 'Instance not found');
  }
  const key = newKeyText(ids);
  const made: ApiKey = {
    id: ids.uuid(),
    userId: identityOf(caller).userId,
    name,
    keyHash: hashOfKey(key),
    keyPrefix: shownPart(key),
    scopeType,
    permissions: [...new Set(wanted.permissions)],
    createdTimeMs: clock.now(),
  };
  await putKey(table, made);
  const { id, keyPrefix, permissions } = made;
  return { id, name, key, keyPrefix, scopeType, permissions: [...permissions] };
}

/** As these clients read it: their names, and seconds. */
function shown({ id, name, keyPrefix, scopeType, permissions, createdTimeMs, lastUsedTimeMs }: ApiKey) {
  return {
    id,
    name,
    key_prefix: keyPrefix,
    scope_type: scopeType,
    scope_id: null,
    permissions: [...permissions],
    created_at: Math.floor(createdTimeMs / 1000),
    last_used_at: lastUsedTimeMs === undefined ? null : Math.floor(lastUsedTimeMs / 1000),
  };
}
