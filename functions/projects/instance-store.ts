import { keys } from '../core/keys.ts';
import type { Item, Table } from '../core/table.ts';
import type { Instance } from './instance.ts';

export async function readInstance(table: Table, id: string): Promise<Instance | undefined> {
  return instanceOf(await table.get(keys.instance(id)));
}

export function instanceItem(instance: Instance) {
  return { ...keys.instance(instance.id), ...instance };
}

export function instanceOf(item: Item | undefined): Instance | undefined {
  // Such items are only made above.
  return item && (item as unknown as Instance);
}
