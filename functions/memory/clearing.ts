import { Failure } from '../core/errors.ts';
import type { ConnectionId, UserId } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { refuseReadOnly, type WrittenInstance } from './change.ts';
import { dropLater } from './dropping.ts';
import { noteCleared } from './head-store.ts';
import { tellCleared } from './telling.ts';

/**
 * Clearing is one write: keys up to its version are not there any more for whoever reads. Their rows are deleted afterwards.
 * @throws Failure `instance_readonly`, `not_found`
 */
export async function clearAll(
  ports: Ports,
  instance: WrittenInstance,
  { by, request, sender }: { readonly by: UserId; readonly request: string; readonly sender: ConnectionId | undefined },
): Promise<{ readonly version: number }> {
  refuseReadOnly(instance);
  const head = await noteCleared(ports, instance.id, { by, request, hooked: instance.hasWebhooks });
  if (!head) throw new Failure('not_found', 'Instance not found');
  await dropLater(ports, instance.id, `clear:${request}`);
  await tellCleared(ports, instance.id, head, { sender, id: request });
  return { version: head.cleared };
}
