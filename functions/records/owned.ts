import type { UserId } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { recordsOf } from './record-store.ts';

/** Whether a user has records. May miss one that was created a moment ago. */
export async function ownsRecords({ table }: Pick<Ports, 'table'>, userId: UserId): Promise<boolean> {
  return (await recordsOf(table, { userId })).length > 0;
}
