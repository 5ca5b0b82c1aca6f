import { identityOf } from '../auth/identity.ts';
import type { Caller } from '../core/caller.ts';
import { Failure } from '../core/errors.ts';
import { implement } from '../core/implement.ts';
import type { Ports } from '../core/ports.ts';
import { projectsContract } from './contract.ts';
import { createInstance } from './create-instance.ts';
import { createProject } from './create-project.ts';
import { deleteInstance, deleteProject } from './erase.ts';
import type { Instance } from './instance.ts';
import { changeInstance } from './instance-store.ts';
import { listInstances } from './list-instances.ts';
import { listProjects } from './list-projects.ts';
import { changeProject } from './project-store.ts';
import { levelOnProject, openInstance, openProject, requireLevel } from './reach.ts';
import { shownInstance, shownProject } from './shown.ts';

/**
 * Projects and their instances. Callers who may read one know that it exists; to all others it looks as if it did not.
 * A deleted one is gone when the server answers, while its contents are still being erased.
 */
export const projects = implement('projects', projectsContract, {
  listProjects,

  createProject,

  async getProject(ports, caller, { id }) {
    const { project, level } = await openProject(ports, caller, id, 'read');
    return shownProject(project, level);
  },

  async updateProject(ports, caller, { id, name, description }) {
    await openProject(ports, caller, id, 'admin');
    const isThere = await changeProject(ports.table, id, { name, description }, ports.clock.now());
    if (!isThere) throw new Failure('not_found', 'Project not found');
    return { success: true } as const;
  },

  async deleteProject(ports, caller, { id }) {
    const { project } = await openProject(ports, caller, id, 'owner');
    await deleteProject(ports, project);
    return { success: true } as const;
  },

  listInstances,

  createInstance,

  async getInstance(ports, caller, { id }) {
    const { instance, level } = await openInstance(ports, caller, id, 'read');
    return { ...shownInstance(instance), project_id: instance.projectId, role: level };
  },

  async updateInstance(ports, caller, { id, name, is_readonly }) {
    await openInstance(ports, caller, id, 'admin');
    const isReadOnly = is_readonly === undefined ? undefined : Boolean(is_readonly);
    const changed = await changeInstance(ports.table, id, { name, isReadOnly }, ports.clock.now());
    if (!changed) throw new Failure('not_found', 'Instance not found');
    return shownInstance(changed);
  },

  async deleteInstance(ports, caller, { id }) {
    const { instance, level } = await openInstance(ports, caller, id, 'read');
    if (level !== 'owner') await requireAdminOfProject(ports, caller, instance);
    await deleteInstance(ports, instance);
    return { success: true } as const;
  },
});

/** A user with whom an instance is shared may not delete it from the project. @throws Failure `not_authorized` */
async function requireAdminOfProject(ports: Ports, caller: Caller, instance: Instance): Promise<void> {
  const { projectId: id, projectOwnerId: ownerId } = instance;
  requireLevel(await levelOnProject(ports, identityOf(caller), { id, ownerId }), 'admin');
}
