import type { Ports } from '../core/ports.ts';
import type { TransactWrite } from '../core/table.ts';
import { hookInstance, unhookInstance, webhooksMade } from './instance-store.ts';

/** From the moment on in which this is written, what changes in an instance is told outside. It fails where there is none. */
export const hooking = (instanceId: string): TransactWrite => hookInstance(instanceId);

/**
 * What changes in an instance is told outside no longer, if there is nobody to tell. Somebody who comes after the look
 * is noticed by the count. Whoever dies on the way leaves an instance that is looked at in vain, never one that is missed.
 */
export async function unhook(
  { table }: Pick<Ports, 'table'>,
  instanceId: string,
  isAnybodyThere: () => Promise<boolean>,
): Promise<void> {
  const made = await webhooksMade(table, instanceId);
  if (!(await isAnybodyThere())) await unhookInstance(table, instanceId, made);
}
