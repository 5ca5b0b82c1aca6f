import type { Ports } from '../core/ports.ts';
import { removeWebhook, webhooksAt } from './webhook-store.ts';

/** Deletes the webhooks of an instance that is being deleted. */
export async function eraseWebhooks({ table }: Pick<Ports, 'table'>, instanceId: string): Promise<void> {
  for (const { id } of await webhooksAt(table, instanceId)) await removeWebhook(table, instanceId, id);
}
