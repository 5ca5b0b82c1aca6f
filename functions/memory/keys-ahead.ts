import { keys } from '../core/keys.ts';
import type { Key } from '../core/table.ts';
import { channelOf } from './channel.ts';
import { isName } from './memory-key.ts';
import { instanceOn } from './path.ts';

const changes: ReadonlySet<unknown> = new Set(['set', 'delete']);

/**
 * The items that a frame that changes a key needs first: its instance, the head of its memory, and the key. A guess,
 * made before the frame has been validated.
 */
export function keysAhead({ type, key }: Readonly<Record<string, unknown>>, path: string): Key[] {
  if (!changes.has(type) || typeof key !== 'string' || !isName(key)) return [];
  const instanceId = instanceOn({ path });
  return [keys.instance(instanceId), keys.head(channelOf(instanceId)), keys.memoryKey(instanceId, key)];
}
