import { keys } from '../core/keys.ts';
import type { Key } from '../core/table.ts';
import { channelOf } from './channel.ts';
import { isName } from './memory-key.ts';
import { instanceOn } from './path.ts';

const changes: ReadonlySet<unknown> = new Set(['set', 'delete']);

/**
 * What a frame that changes a key will have read first: its instance, and the key with what there is of its memory as a
 * whole. A guess, made before anybody knows whether the frame is in order.
 */
export function keysAhead({ type, key }: Readonly<Record<string, unknown>>, path: string): Key[] {
  if (!changes.has(type) || typeof key !== 'string' || !isName(key)) return [];
  const instanceId = instanceOn({ path });
  return [keys.instance(instanceId), keys.head(channelOf(instanceId)), keys.memoryKey(instanceId, key)];
}
