import { identityOf } from '../auth/identity.ts';
import { userCalled, usersShown } from '../auth/people.ts';
import { branded } from '../core/branded.ts';
import type { Caller } from '../core/caller.ts';
import { Failure } from '../core/errors.ts';
import { implement } from '../core/implement.ts';
import type { UserId } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { inSeconds } from '../projects/shown.ts';
import { groupsContract } from './contract.ts';
import { deleteGroup, leaveGroup } from './erase.ts';
import type { Group } from './group.ts';
import { addGroup, addMember, groupIds, isMember, membersOf, readGroup, readGroups } from './group-store.ts';

/**
 * Groups: only the owner sees and changes the members. A removed member loses the group's access with the next request,
 * and their sockets within seconds.
 */
export const groups = implement('groups', groupsContract, {
  async createGroup({ table, ids, clock }, caller, { name }) {
    const group: Group = { id: ids.uuid(), name, ownerId: identityOf(caller).userId, createdAt: clock.now() };
    await addGroup(table, group);
    return shown(group);
  },

  async listGroups({ table }, caller) {
    const { userId } = identityOf(caller);
    const [own, others] = await Promise.all([
      groupIds(table, userId, 'owner', mostListed),
      groupIds(table, userId, 'member', mostListed),
    ]);
    const found = await readGroups(table, [...new Set([...own, ...others])]);
    found.sort((a, b) => b.createdAt - a.createdAt);
    const roleIn = ({ ownerId }: Group) => (ownerId === userId ? ('owner' as const) : ('member' as const));
    return { groups: found.map((group) => ({ ...shown(group), role: roleIn(group) })) };
  },

  async listGroupMembers(ports, caller, { id }) {
    const group = await openOwn(ports, caller, id);
    const ids = await membersOf(ports.table, group.id);
    const users = await usersShown(ports, ids);
    const members = ids.map((user) => ({
      user_id: user,
      email: users.get(user)?.email ?? null,
      name: users.get(user)?.name ?? null,
    }));
    return { members };
  },

  async addGroupMember(ports, caller, { id, userId, email }) {
    const group = await openOwn(ports, caller, id);
    const user = await userCalled(ports, { id: userId, email });
    if (user === undefined) throw new Failure('not_found', 'User not found');
    await addMember(ports.table, group.id, user);
    return { success: true } as const;
  },

  async removeGroupMember(ports, caller, { id, userId }) {
    const isLeaving =
      userId === identityOf(caller).userId && (await isMember(ports.table, id, branded<UserId>(userId)));
    if (!isLeaving) await openOwn(ports, caller, id);
    if (!(await leaveGroup(ports, id, branded<UserId>(userId)))) throw new Failure('not_found', 'Member not found');
    return { success: true } as const;
  },

  async deleteGroup(ports, caller, { id }) {
    await deleteGroup(ports, await openOwn(ports, caller, id));
    return { success: true } as const;
  },
});

const mostListed = 1_000;

/** @throws Failure `not_found`; `not_authorized` for a member, who knows of the group */
async function openOwn({ table }: Pick<Ports, 'table'>, caller: Caller, id: string): Promise<Group> {
  const { userId } = identityOf(caller);
  const group = await readGroup(table, id);
  if (group?.ownerId === userId) return group;
  if (group && (await isMember(table, id, userId))) throw new Failure('not_authorized', 'Owner permission required');
  throw new Failure('not_found', 'Group not found');
}

function shown({ id, name, createdAt }: Group) {
  return { id, name, created_at: inSeconds(createdAt) };
}
