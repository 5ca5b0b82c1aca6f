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
 * The keys of one instance, on behalf of one caller. Nothing is cached, because a chat takes minutes: each call reads
 * the current keys and checks the caller's current permission.
 */
export interface InstanceMemory {
  readonly instanceId: string;
  read(key: string): Promise<MemoryKey | undefined>;
  list(): Promise<Listed>;
  /** Undefined when the key was deleted meanwhile. */
  valueOf(key: MemoryKey): Promise<unknown>;
  /** Absent attributes stay as they are. */
  write(key: string, value: unknown, attributes: Attributes): Promise<void>;
  /** Sets the key as if it were new, without its earlier attributes. */
  replace(key: string, value: unknown, attributes: Attributes): Promise<void>;
  remove(key: string): Promise<void>;
}

/** A key without its value. */
export interface Outline extends Named {
  /** Of its value. */
  readonly bytes: number;
}

export interface Listed {
  /** In their order. */
  readonly outlines: readonly Outline[];
  /** The current state of these keys, without deleted ones. */
  keysOf(names: ReadonlySet<string>): Promise<readonly MemoryKey[]>;
}

/**
 * @param outputKey the key that will be written in the end, if known, so that a refusal comes before the model is
 * called
 * @throws Failure `invalid_memory_key`; `not_found` or `not_authorized` for callers who may not write; `invalid_key`
 * and the like for an invalid credential, now or at any later call; `instance_readonly`
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

/** Removes a default value: if `readonly` was never set, tags decide whether a key is read-only for models. */
function asSaid<K extends Pick<MemoryKey, 'attributes' | 'isReadonlyUnsaid'>>(found: K): K {
  if (!found.isReadonlyUnsaid) return found;
  const { readonly: _, ...attributes } = found.attributes;
  return { ...found, attributes };
}
