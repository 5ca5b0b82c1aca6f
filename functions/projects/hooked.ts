import type { Ports } from '../core/ports.ts';
import type { TransactWrite } from '../core/table.ts';
import { hookInstance, unhookInstance, webhooksMade } from './instance-store.ts';

/** The write that turns on webhook deliveries for an instance. Its condition fails if the instance does not exist. */
export const hooking = (instanceId: string): TransactWrite => hookInstance(instanceId);

/**
 * Turns off deliveries for an instance that has no webhooks left. The count shows whether a webhook was created after
 * the check. If the handler dies on the way, the instance's changes are examined in vain, but no delivery is missed.
 */
export async function unhook(
  { table }: Pick<Ports, 'table'>,
  instanceId: string,
  isAnybodyThere: () => Promise<boolean>,
): Promise<void> {
  const made = await webhooksMade(table, instanceId);
  if (!(await isAnybodyThere())) await unhookInstance(table, instanceId, made);
}
