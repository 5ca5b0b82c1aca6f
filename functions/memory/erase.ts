import { eraseLog } from '../core/channel/erase.ts';
import type { Ports } from '../core/ports.ts';
import { dropBridge } from './bridging.ts';
import { documentOf } from './document.ts';
import { dropKeys, dropLater } from './dropping.ts';
import { noteErased } from './head-store.ts';

/**
 * Erases everything that an instance had: nothing is written any more when this resolves, nothing is read, and nothing is left
 * but a note that expires. May be repeated.
 */
export async function eraseMemory(ports: Ports, instanceId: string): Promise<void> {
  await noteErased(ports, instanceId);
  await dropKeys(ports, { instanceId });
  await eraseLog(ports, documentOf(instanceId), instanceId);
  await dropBridge(ports, instanceId);
  // Whoever had taken a version before may have written it since.
  await dropLater(ports, instanceId, `erase:${ports.ids.uuid()}`);
}
