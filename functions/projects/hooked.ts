import type { Ports } from '../core/ports.ts';
import { noteWebhooks } from './instance-store.ts';

/** From now on what changes in an instance is, or is not, told outside. */
export function noteHasWebhooks({ table }: Pick<Ports, 'table'>, instanceId: string, has: boolean): Promise<void> {
  return noteWebhooks(table, instanceId, has);
}
