import { hasKeys, removeKeysOf } from '../api-keys/remove-keys.ts';
import { branded } from '../core/branded.ts';
import { together } from '../core/concurrently.ts';
import type { EpochMs, UserId } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { deleteGroupsOf, hasGroups } from '../groups/erase.ts';
import { eraseWebhooks } from '../instance-webhooks/erase.ts';
import { eraseMemory } from '../memory/erase.ts';
import { closeSocketsOf } from '../memory/sockets.ts';
import { eraseSharesOf, eraseSharesWith, whatIsSharedWith } from '../shares/erase.ts';
import { asInstance, asProject, type Instance, type Project } from './instance.ts';
import { forgetInstance, hideInstance, instanceIds, removeInstance } from './instance-store.ts';
import { ownedProjects, removeProject } from './project-store.ts';

/**
 * Deletes projects and instances. The handler first queues a job that does everything, and then makes the thing
 * invisible before it answers. If it dies in between, the job finishes the deletion. Each step may be repeated.
 */

/** Job of the fan-out function: erase an instance. */
export interface EraseInstanceBody extends Pick<Instance, 'id' | 'projectId'> {
  /** Set for the second run. */
  readonly isAgain?: true;
}
/** Job of the fan-out function: erase a project. */
export type EraseProjectBody = Pick<Project, 'id' | 'ownerId'>;

/** After this time all requests that were running at the deletion have ended. */
const lookAgainAfterMs = 2_000;
const atOnce = 25;

export async function deleteProject(ports: Ports, { id, ownerId }: EraseProjectBody): Promise<void> {
  const body: EraseProjectBody = { id, ownerId };
  await ports.fanOut.send([{ kind: 'erase-project', group: `project:${id}`, id: ports.ids.uuid(), body }]);
  await hideProject(ports, body);
}

export async function deleteInstance(ports: Ports, { id, projectId }: EraseInstanceBody): Promise<void> {
  await askToEraseInstance(ports, { id, projectId });
  await removeInstance(ports.table, id, projectId);
}

/**
 * Deletes everything that a deleted user owns. Instances that they created in other users' projects stay with those
 * projects.
 */
export async function deleteOwnedBy(ports: Ports, userId: UserId): Promise<void> {
  for (const id of await ownedProjects(ports.table, userId)) {
    await deleteProject(ports, { id, ownerId: userId });
  }
  await deleteGroupsOf(ports, userId);
  await eraseSharesWith(ports.table, { type: 'user', id: userId });
  await removeKeysOf(ports, userId);
}

/** Whether a user owns nothing. */
export async function ownsNothing(ports: Ports, userId: UserId): Promise<boolean> {
  const { table } = ports;
  const found = await Promise.all([
    ownedProjects(table, userId),
    hasGroups(ports, userId),
    hasKeys(ports, userId),
    whatIsSharedWith(table, { type: 'user', id: userId }),
  ]);
  return found.every((one) => one === false || (Array.isArray(one) && one.length === 0));
}

export async function askToEraseInstance(ports: Ports, { id, projectId }: EraseInstanceBody): Promise<void> {
  await askToEraseInstances(ports, [id], projectId);
}

async function askToEraseInstances({ fanOut, ids }: Ports, all: readonly string[], projectId: string): Promise<void> {
  const bodies = all.map((id): EraseInstanceBody => ({ id, projectId }));
  await fanOut.send(
    bodies.map((body) => ({ kind: 'erase-instance', group: `instance:${body.id}`, id: ids.uuid(), body })),
  );
}

/** Erases the project's instances before its last row, because only the project lists them. */
export async function eraseProject(ports: Ports, body: EraseProjectBody): Promise<void> {
  await hideProject(ports, body);
  for (let ids = await page(ports, body.id); ids.length > 0; ids = await page(ports, body.id)) {
    await askToEraseInstances(ports, ids, body.id);
    await together(ids.map((id) => forgetInstance(ports.table, id, body.id)));
  }
  await eraseSharesOf(ports.table, asProject(body.id));
}

/** Erases an instance and closes its sockets. The second run finds sockets that were being opened during the first. */
export async function eraseInstance(ports: Ports, { id, projectId, isAgain }: EraseInstanceBody): Promise<void> {
  await removeInstance(ports.table, id, projectId);
  await closeSocketsOf(ports, id);
  await eraseMemory(ports, id);
  await eraseSharesOf(ports.table, asInstance({ id }));
  await eraseWebhooks(ports, id);
  if (isAgain) return;
  const at = branded<EpochMs>(ports.clock.now() + lookAgainAfterMs);
  const body: EraseInstanceBody = { id, projectId, isAgain: true };
  await ports.reminders.set({ kind: 'erase-instance', at, body });
}

/** Makes the project and all its instances invisible. */
async function hideProject(ports: Ports, { id, ownerId }: EraseProjectBody): Promise<void> {
  await removeProject(ports.table, id, ownerId);
  const instances = await instanceIds(ports.table, id);
  for (let start = 0; start < instances.length; start += atOnce) {
    await together(instances.slice(start, start + atOnce).map((one) => hideInstance(ports.table, one)));
  }
}

const page = ({ table }: Ports, projectId: string) => instanceIds(table, projectId, atOnce);
