import { identityOf } from '../auth/identity.ts';
import type { Caller } from '../core/caller.ts';
import type { UserId } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { groupsOfUser } from '../groups/membership.ts';
import { projectsSharedWith } from '../shares/granted.ts';
import { isWithinReach } from './instance.ts';
import { capped, higher, type Level } from './level.ts';
import { ownedProjects, readProjects } from './project-store.ts';
import { shownProject } from './shown.ts';

/** Lists the caller's own and shared projects, each once with the caller's highest level. */
export async function listProjects({ table }: Ports, caller: Caller) {
  const identity = identityOf(caller);
  const { userId, credential } = identity;
  const [owned, shared] = await Promise.all([ownedProjects(table, userId), sharedProjects({ table }, userId)]);
  const levels = new Map<string, Level>(owned.map((id) => [id, 'owner']));
  for (const { id, permission } of shared) levels.set(id, higher(levels.get(id), permission) ?? permission);
  const within = [...levels.keys()].filter((projectId) => isWithinReach(identity, { projectId }));
  const found = await readProjects(table, within);
  found.sort((a, b) => b.updatedAt - a.updatedAt || b.createdAt - a.createdAt);
  return {
    projects: found.map((project) => shownProject(project, capped(levels.get(project.id) ?? 'read', credential))),
  };
}

async function sharedProjects({ table }: Pick<Ports, 'table'>, userId: UserId) {
  const groups = await groupsOfUser(table, userId);
  const partners = [{ type: 'user', id: userId } as const, ...groups.map((id) => ({ type: 'group', id }) as const)];
  return projectsSharedWith(table, partners);
}
