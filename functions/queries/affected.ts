import type { Change } from '../core/changes.ts';
import { together } from '../core/concurrently.ts';
import type { Ports } from '../core/ports.ts';
import { dependentOn } from './dependents-store.ts';
import { findLiveQueries } from './live-query-store.ts';
import { refresh } from './refresh.ts';
import { refreshJob } from './refresh-job.ts';

/**
 * Finds the live queries whose result a change may affect, and only those, so that a write's cost does not depend on
 * unrelated subscriptions.
 */

/** More queries are evaluated through the queue. */
const atOnce = 25;

/** Evaluates affected queries right after a write. The stream requests again whatever is not done here. */
export async function refreshAffected(ports: Ports, changes: readonly Change[]): Promise<void> {
  try {
    const affected = [...(await affectedBy(ports, changes))];
    const later = affected.slice(atOnce).map(([instance, marks]) => refreshJob(ports, instance, marks));
    if (later.length > 0) await ports.fanOut.send(later);
    await together(affected.slice(0, atOnce).map(([instance, marks]) => refresh(ports, instance, marks)));
  } catch (cause) {
    ports.log.error('live queries are left to the stream', cause, { changes: changes.length });
  }
}

/** Queues the evaluation of queries whose subscribers have not seen these changes, in case the writing process died. */
export async function repairAffected(ports: Ports, changes: readonly Change[]): Promise<void> {
  const affected = await affectedBy(ports, changes);
  const live = await findLiveQueries(ports, [...affected.keys()]);
  const jobs = live.flatMap(({ id, covered }) => {
    const missed = affected.get(id)?.filter((mark) => !covered.includes(mark)) ?? [];
    return missed.length > 0 ? refreshJob(ports, id, missed) : [];
  });
  if (jobs.length > 0) await ports.fanOut.send(jobs);
}

/** Queries, each with the changes that touch it. */
async function affectedBy(ports: Ports, changes: readonly Change[]): Promise<Map<string, string[]>> {
  const names = [...new Set(changes.flatMap(({ touches }) => touches))];
  const dependents = await dependentOn(ports, names);
  const byName = new Map(names.map((name, at) => [name, dependents[at] ?? []]));
  const affected = new Map<string, Set<string>>();
  for (const { touches, mark } of changes) {
    for (const instance of touches.flatMap((name) => byName.get(name) ?? [])) {
      affected.set(instance, (affected.get(instance) ?? new Set()).add(mark));
    }
  }
  return new Map([...affected].map(([instance, marks]) => [instance, [...marks]]));
}
