import { keys } from '../core/keys.ts';
import type { UserId } from '../core/names.ts';
import type { Table } from '../core/table.ts';

/** What a user is in a studio. */
export type StudioRole = 'admin' | 'member';

/** @returns undefined for who does not belong to it, and for a studio that does not exist */
export async function studioRole(table: Table, studioId: string, userId: UserId): Promise<StudioRole | undefined> {
  const item = await table.get(keys.studioMember(studioId, userId));
  return item?.role === 'admin' ? 'admin' : item ? 'member' : undefined;
}
