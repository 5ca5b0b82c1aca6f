import { Failure } from '../core/errors.ts';
import type { ConnectionId, UserId } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { refuseReadOnly, type WrittenInstance } from './change.ts';
import { dropLater } from './dropping.ts';
import { noteCleared } from './head-store.ts';
import { tellCleared } from './telling.ts';

/**
 * Clears an instance in one write: from then on, readers ignore all keys up to its version. Their rows are deleted
 * afterwards.
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
