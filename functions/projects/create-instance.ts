import { identityOf } from '../auth/identity.ts';
import type { Caller } from '../core/caller.ts';
import { Failure } from '../core/errors.ts';
import type { Ports } from '../core/ports.ts';
import { copyMemory } from '../memory/copy.ts';
import { newInstanceIn } from './create-project.ts';
import { askToEraseInstance } from './erase.ts';
import type { Instance } from './instance.ts';
import { addInstance, finishInstance } from './instance-store.ts';
import { openInstance, openProject } from './reach.ts';

interface Wanted {
  /** Id of the project. */
  readonly id: string;
  readonly name: string;
  readonly cloneFrom?: string | null | undefined;
}

/**
 * Creates an instance. A copy becomes visible when it is complete. If the handler dies before, the copy stays
 * invisible, and is erased when a request finds it.
 */
export async function createInstance(ports: Ports, caller: Caller, { id: projectId, name, cloneFrom }: Wanted) {
  const { table, ids, clock } = ports;
  const { userId } = identityOf(caller);
  const { project } = await openProject(ports, caller, projectId, 'admin');
  const original = typeof cloneFrom !== 'string' ? undefined : await openInstance(ports, caller, cloneFrom, 'read');
  const made = newInstanceIn(project, { id: ids.uuid(), ownerId: userId, name, createdAt: clock.now() });
  if (!original) await addInstance(table, made, { isBeingMade: false });
  else await copy(ports, { ...made, parentId: original.instance.id }, original.instance);
  return { id: made.id, name };
}

/** @throws Failure `not_found` when the project is deleted meanwhile */
async function copy(ports: Ports, made: Instance, from: Instance): Promise<void> {
  await addInstance(ports.table, made, { isBeingMade: true });
  try {
    await copyMemory(ports, { from: from.id, to: made.id, by: made.ownerId });
  } catch (thrown) {
    await askToEraseInstance(ports, made);
    throw thrown;
  }
  if (await finishInstance(ports.table, made.id)) return;
  // An earlier erasure may have finished before the copy was complete.
  await askToEraseInstance(ports, made);
  throw new Failure('not_found', 'Project not found');
}
