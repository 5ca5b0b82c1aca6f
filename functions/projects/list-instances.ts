import type { Caller } from '../core/caller.ts';
import type { Ports } from '../core/ports.ts';
import { askToEraseInstance } from './erase.ts';
import { instancesOf } from './instance-store.ts';
import { openProject } from './reach.ts';
import { shownInstance } from './shown.ts';

/** Longer than any request: an older unfinished copy was abandoned by a handler that died. */
const abandonedAfterMs = 5 * 60_000;

/** Lists the instances of a project, and queues the erasure of abandoned copies. */
export async function listInstances(ports: Ports, caller: Caller, { id }: { readonly id: string }) {
  const { project } = await openProject(ports, caller, id, 'read');
  const { instances, unfinished } = await instancesOf(ports.table, project.id);
  for (const { id, since } of unfinished) {
    if (ports.clock.now() - since > abandonedAfterMs) await askToEraseInstance(ports, { id, projectId: project.id });
  }
  return { instances: [...instances].sort((a, b) => b.createdAt - a.createdAt).map(shownInstance) };
}
