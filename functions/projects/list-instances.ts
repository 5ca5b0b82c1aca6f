import type { Caller } from '../core/caller.ts';
import type { Ports } from '../core/ports.ts';
import { askToEraseInstance } from './erase.ts';
import { instancesOf } from './instance-store.ts';
import { openProject } from './reach.ts';
import { shownInstance } from './shown.ts';

/** Longer than any request takes: whoever has been making an instance since then has died over it. */
const abandonedAfterMs = 5 * 60_000;

/** Whoever comes across an instance that nobody will finish has it erased. */
export async function listInstances(ports: Ports, caller: Caller, { id }: { readonly id: string }) {
  const { project } = await openProject(ports, caller, id, 'read');
  const { instances, unfinished } = await instancesOf(ports.table, project.id);
  for (const { id, since } of unfinished) {
    if (ports.clock.now() - since > abandonedAfterMs) await askToEraseInstance(ports, { id, projectId: project.id });
  }
  return { instances: [...instances].sort((a, b) => b.createdAt - a.createdAt).map(shownInstance) };
}
