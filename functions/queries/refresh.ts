import type { Ports } from '../core/ports.ts';
import type { Asked } from './asked.ts';
import { findLiveQuery, isTaken, type LiveQuery, release, take } from './live-query-store.ts';
import { type RefreshBody, refreshJob } from './refresh-job.ts';
import { round } from './round.ts';

/**
 * Evaluating a query. If another process holds the lease, this one only requests another evaluation. The process with
 * the lease continues until there are no more requests, or hands the work over.
 */

/** After this time the work is handed over, so that the process can serve other requests. */
const handedOnAfterMs = 5_000;
const firstPauseMs = 10;
const longestPauseMs = 200;

/**
 * Makes sure that the query is evaluated, here or by the process with the lease. If that process dies, the request must
 * be repeated.
 */
export async function refresh(ports: Ports, id: string, marks: readonly string[]): Promise<void> {
  const by = ports.ids.uuid();
  const taken = await take(ports, id, by, marks.length > 0 ? marks : [by]);
  if (taken.by === 'us') await work(ports, taken.live, by);
}

/**
 * Makes sure that the query is evaluated, and waits for it, even if the evaluating process dies.
 * @param asked creates the item if the query is new
 * @returns false when it took too long
 */
export async function insist(
  ports: Ports,
  id: string,
  marks: readonly string[],
  patienceMs: number,
  asked?: Asked,
): Promise<boolean> {
  const by = ports.ids.uuid();
  const deadline = ports.clock.now() + patienceMs;
  const wanted = marks.length > 0 ? marks : [by];
  let taken = await take(ports, id, by, wanted, asked);
  const goal = taken.by === 'nobody' ? 0 : taken.live.wanted;
  let pauseMs = firstPauseMs;
  for (;;) {
    if (taken.by === 'us') await work(ports, taken.live, by);
    if (taken.by !== 'others') return true;
    if (ports.clock.now() > deadline) return false;
    await ports.clock.wait(pauseMs);
    pauseMs = Math.min(pauseMs * 2, longestPauseMs);
    const live = await findLiveQuery(ports, id);
    if (!live || live.done >= goal) return true;
    if (!isTaken(live, ports.clock.now())) taken = await take(ports, id, by, wanted, asked);
  }
}

/** Longer than the lease of a dead process. */
const patienceMs = 20_000;

/** Evaluates the query for changes that its subscribers may not have seen. */
export async function refreshLater(ports: Ports, { instance, marks }: RefreshBody): Promise<void> {
  const live = await findLiveQuery(ports, instance);
  if (!live || (marks.length > 0 && marks.every((mark) => live.covered.includes(mark)))) return;
  if (await insist(ports, instance, marks, patienceMs)) return;
  throw new Error(`The live query ${instance} has not been looked at for ${patienceMs} ms.`);
}

async function work(ports: Ports, live: LiveQuery, by: string): Promise<void> {
  const until = ports.clock.now() + handedOnAfterMs;
  try {
    for (let next: LiveQuery | undefined = live; next; next = await round(ports, next, by)) {
      if (next === live || ports.clock.now() < until) continue;
      await ports.fanOut.send([refreshJob(ports, live.id, [])]);
      await release(ports, live.id, by);
      return;
    }
  } catch (thrown) {
    await release(ports, live.id, by);
    throw thrown;
  }
}

/** Resolves when a running evaluation has posted its result, so that no older result arrives later. */
export async function outlast(ports: Ports, id: string): Promise<void> {
  const before = await findLiveQuery(ports, id);
  for (let now = before; now && before && isTaken(now, ports.clock.now()); now = await findLiveQuery(ports, id)) {
    if (now.lease !== before.lease || now.done !== before.done) return;
    await ports.clock.wait(firstPauseMs);
  }
}
