import { identityOf } from '../auth/identity.ts';
import type { Caller } from '../core/caller.ts';
import type { Ports } from '../core/ports.ts';
import type { MemoryKey } from '../memory/memory-key.ts';
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
  remove(key: string): Promise<void>;
}

/** @throws Failure `not_found`, `not_authorized` for who may not write there, now or at any later call */
export async function openMemory(ports: Ports, caller: Caller, instanceId: string): Promise<InstanceMemory> {
  const open = async () => (await openInstance(ports, caller, instanceId, 'write')).instance;
  const by = identityOf(caller).userId;
  await open();
  return {
    instanceId,
    async read(key) {
      await open();
      return readKey(ports, instanceId, key);
    },
    async list() {
      await open();
      return listKeys(ports, instanceId);
    },
    valueOf: (key) => valueNow(ports, instanceId, key),
    async write(key, value, attributes) {
      await writeKey(ports, await open(), { key, value, attributes, by });
    },
    async remove(key) {
      await deleteKey(ports, await open(), { key, by });
    },
  };
}
