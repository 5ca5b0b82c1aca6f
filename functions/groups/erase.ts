import { together } from '../core/concurrently.ts';
import type { UserId } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { eraseSharesWith, whatIsSharedWith } from '../shares/erase.ts';
import { askToRecheck, recheckNow } from '../shares/recheck.ts';
import type { Group } from './group.ts';
import { groupIds, membersOf, removeGroup, removeMember } from './group-store.ts';

/** Job of the fan-out function: erase a group. */
export type EraseGroupBody = Pick<Group, 'id' | 'ownerId'>;

const atOnce = 25;

/**
 * Once the server answers, the group has no effect any more. A job erases the rest afterwards, even if the handler
 * dies.
 */
export async function deleteGroup(ports: Ports, { id, ownerId }: EraseGroupBody): Promise<void> {
  const { fanOut, ids, table } = ports;
  const body: EraseGroupBody = { id, ownerId };
  const resources = await whatIsSharedWith(table, { type: 'group', id });
  await fanOut.send([{ kind: 'erase-group', group: `group:${id}`, id: ids.uuid(), body }]);
  await removeGroup(table, id, ownerId);
  await recheckNow(ports, { resources });
}

/** May be interrupted anywhere and repeated. */
export async function eraseGroup(ports: Ports, { id, ownerId }: EraseGroupBody): Promise<void> {
  const { table } = ports;
  await removeGroup(table, id, ownerId);
  await askToRecheck(ports, { resources: await whatIsSharedWith(table, { type: 'group', id }) });
  await eraseSharesWith(table, { type: 'group', id });
  for (let users = await membersOf(table, id, atOnce); users.length > 0; users = await membersOf(table, id, atOnce)) {
    await together(users.map((user) => removeMember(table, id, user)));
  }
}

/** @returns false if the user was no member */
export async function leaveGroup(ports: Ports, id: string, userId: UserId): Promise<boolean> {
  const concerned = { resources: await whatIsSharedWith(ports.table, { type: 'group', id }), userId };
  // Also queued before the write, so that the recheck happens even if the handler dies after it.
  await askToRecheck(ports, concerned);
  const wasMember = await removeMember(ports.table, id, userId);
  if (wasMember) {
    await askToRecheck(ports, concerned);
    await recheckNow(ports, concerned);
  }
  return wasMember;
}

/** Whether a user owns a group or is in one. */
export async function hasGroups({ table }: Ports, userId: UserId): Promise<boolean> {
  const found = await Promise.all((['owner', 'member'] as const).map((as) => groupIds(table, userId, as, 1)));
  return found.some((ids) => ids.length > 0);
}

/** For a deleted user: deletes their groups, and removes them from other groups. */
export async function deleteGroupsOf(ports: Ports, userId: UserId): Promise<void> {
  const { table } = ports;
  for (const id of await groupIds(table, userId, 'owner')) await deleteGroup(ports, { id, ownerId: userId });
  for (const id of await groupIds(table, userId, 'member')) await removeMember(table, id, userId);
}
