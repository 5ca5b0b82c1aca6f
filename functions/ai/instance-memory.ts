import { holdsStill } from '../auth/credentials.ts';
import { identityOf, lasting } from '../auth/identity.ts';
import type { Caller } from '../core/caller.ts';
import type { Ports } from '../core/ports.ts';
import { refuseReadOnly } from '../memory/change.ts';
import { checkName, type MemoryKey } from '../memory/memory-key.ts';
import { listKeys, readKey, valueNow } from '../memory/reading.ts';
import { deleteKey, writeKey } from '../memory/writing.ts';
import { openInstance } from '../projects/reach.ts';
import type { Attributes } from './key-rules.ts';

/**
 * The keys of one instance, on behalf of one caller. Nothing is remembered: a conversation takes minutes, and each call sees
 * the keys, and what the caller may do, as they are then.
 */
export interface InstanceMemory {
  readonly instanceId: string;
  read(key: string): Promise<MemoryKey | undefined>;
  /** In their order. */
  list(): Promise<MemoryKey[]>;
  /** Undefined when the key has gone since. */
  valueOf(key: MemoryKey): Promise<unknown>;
  /** Attributes that are not given stay what they are. */
  write(key: string, value: unknown, attributes: Attributes): Promise<void>;
  /** As if the key were new: nothing is left of the attributes that it had. */
  replace(key: string, value: unknown, attributes: Attributes): Promise<void>;
  remove(key: string): Promise<void>;
}

/**
 * @param outputKey what will be written in the end, if it is known: what is refused then is refused before a model is asked
 * @throws Failure `invalid_memory_key`; `not_found`, `not_authorized` for who may not write there, `invalid_key` and its like
 * for a credential that does not hold, now or at any later call; `instance_readonly`
 */
export async function openMemory(
  ports: Ports,
  caller: Caller,
  instanceId: string,
  outputKey?: string,
): Promise<InstanceMemory> {
  if (outputKey !== undefined) checkName(outputKey);
  const identity = identityOf(caller);
  const by = identity.userId;
  const { instance } = await openInstance(ports, caller, instanceId, 'write');
  if (outputKey !== undefined) refuseReadOnly(instance);
  const open = async () => {
    await holdsStill(ports, lasting(identity));
    return (await openInstance(ports, caller, instanceId, 'write')).instance;
  };
  return {
    instanceId,
    async read(key) {
      await open();
      const found = await readKey(ports, instanceId, key);
      return found && asSaid(found);
    },
    async list() {
      await open();
      return (await listKeys(ports, instanceId)).map(asSaid);
    },
    valueOf: (key) => valueNow(ports, instanceId, key),
    async write(key, value, attributes) {
      await writeKey(ports, await open(), { key, value, attributes, by });
    },
    async replace(key, value, attributes) {
      await writeKey(ports, await open(), { key, value, attributes, forgetsAttributes: true, by });
    },
    async remove(key) {
      await deleteKey(ports, await open(), { key, by });
    },
  };
}

/** Without what was filled in: tags say whether a key is read-only for models where nobody has said it of the key. */
function asSaid(found: MemoryKey): MemoryKey {
  if (!found.isReadonlyUnsaid) return found;
  const { readonly: _, ...attributes } = found.attributes;
  return { ...found, attributes };
}
