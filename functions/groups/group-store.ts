import { Failure } from '../core/errors.ts';
import { ex } from '../core/expression.ts';
import { groupsAs, groupsOf, keys, membersOfGroup } from '../core/keys.ts';
import type { UserId } from '../core/names.ts';
import { oneLess, oneMore, refuseOneMore } from '../core/owned-count.ts';
import type { Item, Table } from '../core/table.ts';
import type { Group } from './group.ts';

/**
 * Groups and their members. Membership has two rows, by group and by user. It counts as long as the group's own row
 * exists.
 */

/** The most members of a group. */
const mostMembers = 1_000;

/** @throws Failure `limit_exceeded` */
export async function addGroup(table: Table, group: Group): Promise<void> {
  const { id, ownerId } = group;
  const isNew = ex`attribute_not_exists(pk)`;
  const done = await table.transact([
    oneMore(ownerId, 'groups'),
    { put: { ...keys.group(id), ...group }, when: isNew },
    { put: { ...keys.groupOf(ownerId, 'owner', id) }, when: isNew },
  ]);
  refuseOneMore(done, 0, 'groups');
  if (!done.ok) throw new Error('A group could not be stored.');
}

export async function readGroup(table: Table, id: string): Promise<Group | undefined> {
  return groupOf(await table.get(keys.group(id)));
}

export async function readGroups(table: Table, ids: readonly string[]): Promise<Group[]> {
  const items = await table.batchGet(ids.map((id) => keys.group(id)));
  return items.flatMap((item) => groupOf(item) ?? []);
}

/** Ids of the groups that a user owns, or is in; some of them may be deleted. @param limit default: all */
export async function groupIds(table: Table, user: UserId, as: 'owner' | 'member', limit?: number): Promise<string[]> {
  const rows = await table.query({
    pk: groupsOf(user),
    beginsWith: groupsAs(as),
    ...(limit === undefined ? {} : { limit }),
  });
  return rows.map(({ sk }) => String(sk).slice(groupsAs(as).length));
}

/** Adding a member again has no effect. @throws Failure `not_found` when the group is deleted, `limit_exceeded` */
export async function addMember(table: Table, groupId: string, user: UserId): Promise<void> {
  const done = await table.transact([
    { put: { ...keys.groupMember(groupId, user) }, when: ex`attribute_not_exists(pk)` },
    { put: { ...keys.groupOf(user, 'member', groupId) } },
    {
      update: keys.group(groupId),
      change: ex`ADD members ${1}`,
      when: ex`attribute_exists(pk) AND (attribute_not_exists(members) OR members < ${mostMembers})`,
    },
  ]);
  if (done.ok || done.lost[0]) return;
  if (!done.current[2]) throw new Failure('not_found', 'Group not found');
  throw new Failure('limit_exceeded', `The group has ${mostMembers} members, and there may not be more.`);
}

/** @returns false if the user was no member */
export async function removeMember(table: Table, groupId: string, user: UserId): Promise<boolean> {
  const removal = [
    { delete: keys.groupMember(groupId, user), when: ex`attribute_exists(pk)` },
    { delete: keys.groupOf(user, 'member', groupId) },
  ];
  const oneLess = { update: keys.group(groupId), change: ex`ADD members ${-1}`, when: ex`attribute_exists(pk)` };
  const done = await table.transact([...removal, oneLess]);
  // The group may have been deleted meanwhile.
  return done.ok || (!done.lost[0] && (await table.transact(removal)).ok);
}

export async function isMember(table: Table, groupId: string, user: UserId): Promise<boolean> {
  return (await table.get(keys.groupMember(groupId, user))) !== undefined;
}

/** @param limit default: all */
export async function membersOf(table: Table, groupId: string, limit?: number): Promise<UserId[]> {
  const rows = await table.query({ pk: membersOfGroup(groupId), ...(limit === undefined ? {} : { limit }) });
  // These rows only ever contain user ids.
  return rows.map(({ sk }) => sk as UserId);
}

/** Deletes the group's row, so that memberships no longer count. Repeating it has no effect. */
export async function removeGroup(table: Table, id: string, ownerId: UserId): Promise<void> {
  await table.transact([
    { delete: keys.group(id), when: ex`attribute_exists(pk)` },
    { delete: keys.groupOf(ownerId, 'owner', id) },
    oneLess(ownerId, 'groups'),
  ]);
}

function groupOf(item: Item | undefined): Group | undefined {
  // Only `addGroup` writes such items.
  return item && (item as unknown as Group);
}
