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
 * Deleting projects and instances. First the fan-out function is asked to do all of it, then what others see of it is done
 * here, before the answer: whoever dies in between leaves nothing half deleted for long. Each step may be done twice.
 */

/** An instance to be erased; job of the fan-out function. */
export interface EraseInstanceBody extends Pick<Instance, 'id' | 'projectId'> {
  /** All of it has been done before. */
  readonly isAgain?: true;
}
/** A project to be erased; job of the fan-out function. */
export type EraseProjectBody = Pick<Project, 'id' | 'ownerId'>;

/** What was under way when an instance went has come to its end by then. */
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

/** All that a user owns here, when they are deleted. Instances that they made in projects of others belong to those. */
export async function deleteOwnedBy(ports: Ports, userId: UserId): Promise<void> {
  for (const id of await ownedProjects(ports.table, userId)) {
    await deleteProject(ports, { id, ownerId: userId });
  }
  await deleteGroupsOf(ports, userId);
  await eraseSharesWith(ports.table, { type: 'user', id: userId });
  await removeKeysOf(ports, userId);
}

/** Whether a user has nothing here that would be missed. */
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

/** Its instances have to go before its last trace does, since only the project knows them. */
export async function eraseProject(ports: Ports, body: EraseProjectBody): Promise<void> {
  await hideProject(ports, body);
  for (let ids = await page(ports, body.id); ids.length > 0; ids = await page(ports, body.id)) {
    await askToEraseInstances(ports, ids, body.id);
    await together(ids.map((id) => forgetInstance(ports.table, id, body.id)));
  }
  await eraseSharesOf(ports.table, asProject(body.id));
}

/** A socket that was being opened meanwhile is met the second time. */
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

/** From now on the project and all that is in it do not exist for anybody. */
async function hideProject(ports: Ports, { id, ownerId }: EraseProjectBody): Promise<void> {
  await removeProject(ports.table, id, ownerId);
  const instances = await instanceIds(ports.table, id);
  for (let start = 0; start < instances.length; start += atOnce) {
    await together(instances.slice(start, start + atOnce).map((one) => hideInstance(ports.table, one)));
  }
}

const page = ({ table }: Ports, projectId: string) => instanceIds(table, projectId, atOnce);
