import { eraseLog } from '../core/channel/erase.ts';
import type { Ports } from '../core/ports.ts';
import { dropBridge } from './bridging.ts';
import { documentOf } from './document.ts';
import { dropKeys, dropLater } from './dropping.ts';
import { noteErased } from './head-store.ts';

/**
 * Erases the memory of an instance. Once this resolves, no handler writes or reads anything, and only a note is left,
 * which expires. May be repeated.
 */
export async function eraseMemory(ports: Ports, instanceId: string): Promise<void> {
  await noteErased(ports, instanceId);
  await dropKeys(ports, { instanceId });
  await eraseLog(ports, documentOf(instanceId), instanceId);
  await dropBridge(ports, instanceId);
  // A handler that had taken a version before may have written with it since.
  await dropLater(ports, instanceId, `erase:${ports.ids.uuid()}`);
}
