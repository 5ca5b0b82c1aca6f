import { keys } from '../core/keys.ts';
import type { UserId } from '../core/names.ts';
import type { Table } from '../core/table.ts';
import { groupIds, readGroups } from './group-store.ts';

/** Which of these groups a user is in. A deleted group has no members, even if rows of it are left. */
export async function groupsAmong(table: Table, user: UserId, groups: readonly string[]): Promise<ReadonlySet<string>> {
  if (groups.length === 0) return new Set();
  const wanted = groups.flatMap((group) => [keys.group(group), keys.groupMember(group, user)]);
  const found = new Set((await table.batchGet(wanted)).map(({ pk }) => pk));
  return new Set(
    groups.filter((group) => found.has(keys.group(group).pk) && found.has(keys.groupMember(group, user).pk)),
  );
}

/** The most groups of one user that are read. */
const mostGroups = 1_000;

/** The groups that a user is in. */
export async function groupsOfUser(table: Table, user: UserId): Promise<string[]> {
  const groups = await readGroups(table, await groupIds(table, user, 'member', mostGroups));
  return groups.map(({ id }) => id);
}

/** The names of groups; a deleted group has none. */
export async function groupNames(table: Table, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  return new Map((await readGroups(table, ids)).map(({ id, name }) => [id, name]));
}
