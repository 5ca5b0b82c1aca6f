import { holdsStill } from '../auth/credentials.ts';
import { identityOf, lasting } from '../auth/identity.ts';
import type { Caller } from '../core/caller.ts';
import type { Ports } from '../core/ports.ts';
import { refuseReadOnly } from '../memory/change.ts';
import { checkName, type MemoryKey } from '../memory/memory-key.ts';
import { outlineKeys, readKey, valueNow } from '../memory/reading.ts';
import { deleteKey, writeKey } from '../memory/writing.ts';
import { openInstance } from '../projects/reach.ts';
import type { Attributes, Named } from './key-rules.ts';

/**
 * The keys of one instance, on behalf of one caller. Nothing is remembered: a conversation takes minutes, and each call sees
 * the keys, and what the caller may do, as they are then.
 */
export interface InstanceMemory {
  readonly instanceId: string;
  read(key: string): Promise<MemoryKey | undefined>;
  list(): Promise<Listed>;
  /** Undefined when the key has gone since. */
  valueOf(key: MemoryKey): Promise<unknown>;
  /** Attributes that are not given stay what they are. */
  write(key: string, value: unknown, attributes: Attributes): Promise<void>;
  /** As if the key were new: nothing is left of the attributes that it had. */
  replace(key: string, value: unknown, attributes: Attributes): Promise<void>;
  remove(key: string): Promise<void>;
}

/** What is known of a key without its value. */
export interface Outline extends Named {
  /** Of its value. */
  readonly bytes: number;
}

export interface Listed {
  /** In their order. */
  readonly outlines: readonly Outline[];
  /** The named ones as they are by now; those that have gone are left out. */
  keysOf(names: ReadonlySet<string>): Promise<readonly MemoryKey[]>;
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
      const { outlines, keysOf } = await outlineKeys(ports, instanceId);
      return {
        outlines: outlines.map((one) => ({ ...asSaid(one), bytes: one.valueBytes })),
        keysOf: (names) => keysOf(outlines.filter(({ key }) => names.has(key))),
      };
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
function asSaid<K extends Pick<MemoryKey, 'attributes' | 'isReadonlyUnsaid'>>(found: K): K {
  if (!found.isReadonlyUnsaid) return found;
  const { readonly: _, ...attributes } = found.attributes;
  return { ...found, attributes };
}
