import type { Ports } from '../core/ports.ts';
import { noteWebhooks } from './instance-store.ts';

/** Whether anybody wants to be told of what happens in an instance: who writes there need not look otherwise. */
export function markWebhooks({ table }: Pick<Ports, 'table'>, instanceId: string, hasWebhooks: boolean): Promise<void> {
  return noteWebhooks(table, instanceId, hasWebhooks);
}
