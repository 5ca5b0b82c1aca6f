import { isDeveloperAtSocket } from '../auth/development.ts';
import { identityOf } from '../auth/identity.ts';
import type { Caller, Identity, Reach } from '../core/caller.ts';
import { Failure } from '../core/errors.ts';
import type { Ports } from '../core/ports.ts';
import { granted } from '../shares/granted.ts';
import { asInstance, asProject, type Instance, isWithinReach, type Project } from './instance.ts';
import { instanceIds, readInstance } from './instance-store.ts';
import { capped, isAtLeast, type Level } from './level.ts';
import { readProject } from './project-store.ts';

/**
 * Authorization for projects and instances: the only place for HTTP, sockets, models and API keys. Nothing is cached
 * between calls, and all reads are consistent, so that a revoked share has no effect any more.
 */

/** @returns undefined for callers who must not know that the instance exists; owners cost no read */
export async function levelOn(
  { table }: Pick<Ports, 'table'>,
  identity: Identity,
  instance: Instance,
): Promise<Level | undefined> {
  const { id, projectId, ownerId, projectOwnerId } = instance;
  if (isDeveloperAtSocket(identity)) return 'admin';
  if (!isWithinReach(identity, { projectId, instanceId: id })) return undefined;
  const isOwner = identity.userId === ownerId || identity.userId === projectOwnerId;
  const level = isOwner ? 'owner' : await granted(table, identity.userId, [asInstance(instance), asProject(projectId)]);
  return level && capped(level, identity.credential);
}

/** @returns undefined for callers who must not know that the project exists */
export async function levelOnProject(
  { table }: Pick<Ports, 'table'>,
  identity: Identity,
  { id, ownerId }: Pick<Project, 'id' | 'ownerId'>,
): Promise<Level | undefined> {
  if (!isWithinReach(identity, { projectId: id })) return undefined;
  const level = identity.userId === ownerId ? 'owner' : await granted(table, identity.userId, [asProject(id)]);
  return level && capped(level, identity.credential);
}

/** Reads an instance without authorization, for internal work. */
export function findInstance({ table }: Pick<Ports, 'table'>, id: string): Promise<Instance | undefined> {
  return readInstance(table, id);
}

/** Ids of the instances that a reference covers: the instance itself, or those of a project. */
export async function instancesWithin({ table }: Pick<Ports, 'table'>, { type, id }: Reach): Promise<string[]> {
  return type === 'instance' ? [id] : instanceIds(table, id);
}

/**
 * @throws Failure `not_found` for callers who may not even read it, `not_authorized` for those with too low a level,
 * `not_logged_in`
 */
export async function openInstance(
  ports: Pick<Ports, 'table'>,
  caller: Caller,
  instanceId: string,
  needs: Level,
): Promise<{ readonly instance: Instance; readonly level: Level }> {
  const identity = identityOf(caller);
  const instance = await readInstance(ports.table, instanceId);
  const level = instance && (await levelOn(ports, identity, instance));
  if (!level) throw new Failure('not_found', 'Instance not found');
  requireLevel(level, needs);
  return { instance, level };
}

/** The same for a project. @throws Failure `not_found`, `not_authorized`, `not_logged_in` */
export async function openProject(
  ports: Pick<Ports, 'table'>,
  caller: Caller,
  projectId: string,
  needs: Level,
): Promise<{ readonly project: Project; readonly level: Level }> {
  const identity = identityOf(caller);
  const project = await readProject(ports.table, projectId);
  const level = project && (await levelOnProject(ports, identity, project));
  if (!level) throw new Failure('not_found', 'Project not found');
  requireLevel(level, needs);
  return { project, level };
}

/** @throws Failure `not_authorized`, with the message that clients expect */
export function requireLevel(level: Level | undefined, needs: Level): void {
  if (isAtLeast(level, needs)) return;
  throw new Failure('not_authorized', `${needs.charAt(0).toUpperCase()}${needs.slice(1)} permission required`);
}
