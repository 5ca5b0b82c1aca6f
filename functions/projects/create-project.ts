import { identityOf } from '../auth/identity.ts';
import type { Caller } from '../core/caller.ts';
import type { Ports } from '../core/ports.ts';
import type { Instance, Project } from './instance.ts';
import { addProject } from './project-store.ts';
import { inSeconds } from './shown.ts';

interface Wanted {
  readonly name: string;
  readonly description?: string | null | undefined;
}

/** Creates a project and its first instance in one transaction. */
export async function createProject({ table, ids, clock }: Ports, caller: Caller, wanted: Wanted) {
  const { userId } = identityOf(caller);
  const { name, description = null } = wanted;
  const now = clock.now();
  const project: Project = { id: ids.uuid(), ownerId: userId, name, description, createdAt: now, updatedAt: now };
  const first = newInstanceIn(project, { id: ids.uuid(), ownerId: userId, name: 'main', createdAt: now });
  await addProject(table, project, first);
  return {
    id: project.id,
    name,
    ...(description === null ? {} : { description }),
    defaultInstanceId: first.id,
    created_at: inSeconds(now),
    updated_at: inSeconds(now),
  };
}

export function newInstanceIn(
  project: Pick<Project, 'id' | 'ownerId'>,
  made: Pick<Instance, 'id' | 'ownerId' | 'name' | 'createdAt'>,
): Instance {
  return {
    ...made,
    projectId: project.id,
    projectOwnerId: project.ownerId,
    isReadOnly: false,
    hasWebhooks: false,
    updatedAt: made.createdAt,
  };
}
