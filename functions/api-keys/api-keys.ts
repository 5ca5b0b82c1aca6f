import { identityOf } from '../auth/identity.ts';
import type { Caller, Reach, Scope } from '../core/caller.ts';
import { Failure } from '../core/errors.ts';
import { implement } from '../core/implement.ts';
import type { Ports } from '../core/ports.ts';
import { openInstance, openProject } from '../projects/reach.ts';
import { type ApiKey, listKeys, putKey } from './api-key-store.ts';
import { apiKeysContract } from './contract.ts';
import { hashOfKey, newKeyText, shownPart } from './key-text.ts';
import { deleteKey } from './remove-keys.ts';

/**
 * Keys with which programs act for their owner. The server shows a key once, when it is created. Deleting it takes
 * effect with the next request, and closes the sockets that were opened with it.
 */
export const apiKeys = implement('apiKeys', apiKeysContract, {
  async listApiKeys({ table }, caller) {
    const keys = await listKeys(table, identityOf(caller).userId);
    return { keys: keys.sort((a, b) => b.createdTimeMs - a.createdTimeMs).map(shown) };
  },

  createApiKey,

  async deleteApiKey(ports, caller, { id }) {
    const { userId } = identityOf(caller);
    if (!(await deleteKey(ports, userId, id))) throw new Failure('not_found', 'API key not found');
    return { success: true } as const;
  },
});

interface Wanted {
  readonly name: string;
  readonly scopeType: 'account' | 'project' | 'instance';
  readonly scopeId?: string | null | undefined;
  readonly permissions: readonly Scope[];
}

async function createApiKey(ports: Ports, caller: Caller, wanted: Wanted) {
  const { table, ids, clock } = ports;
  const { name, scopeType } = wanted;
  const reach = await reachOf(ports, caller, wanted);
  const key = newKeyText(ids);
  const made: ApiKey = {
    id: ids.uuid(),
    userId: identityOf(caller).userId,
    name,
    keyHash: hashOfKey(key),
    keyPrefix: shownPart(key),
    ...(reach ? { reach } : {}),
    permissions: [...new Set(wanted.permissions)],
    createdTimeMs: clock.now(),
  };
  await putKey(table, made);
  const { id, keyPrefix, permissions } = made;
  const scope = reach ? { scopeType, scopeId: reach.id } : { scopeType };
  return { id, name, key, keyPrefix, ...scope, permissions: [...permissions] };
}

/**
 * What the key will give access to; undefined for the whole account.
 * @throws Failure `not_found` if the caller is no admin there, as if it did not exist
 */
async function reachOf(ports: Ports, caller: Caller, { scopeType, scopeId }: Wanted): Promise<Reach | undefined> {
  if (scopeType === 'account') return undefined;
  if (typeof scopeId !== 'string')
    throw new Failure('unacceptable_request', `A key for one ${scopeType} needs a scopeId.`);
  const [open, missing] =
    scopeType === 'project'
      ? ([openProject, 'Project not found'] as const)
      : ([openInstance, 'Instance not found'] as const);
  try {
    await open(ports, caller, scopeId, 'admin');
  } catch (thrown) {
    if (thrown instanceof Failure && thrown.code === 'not_authorized') throw new Failure('not_found', missing);
    throw thrown;
  }
  return { type: scopeType, id: scopeId };
}

/** As MindCache's clients read it: with their names, and times in seconds. */
function shown({ id, name, keyPrefix, reach, permissions, createdTimeMs, lastUsedTimeMs }: ApiKey) {
  return {
    id,
    name,
    key_prefix: keyPrefix,
    scope_type: reach?.type ?? ('account' as const),
    scope_id: reach?.id ?? null,
    permissions: [...permissions],
    created_at: Math.floor(createdTimeMs / 1000),
    last_used_at: lastUsedTimeMs === undefined ? null : Math.floor(lastUsedTimeMs / 1000),
  };
}
