import type { Ports } from '../core/ports.ts';
import type { Asked } from './asked.ts';
import { findLiveQuery, isTaken, type LiveQuery, release, take } from './live-query-store.ts';
import { type RefreshBody, refreshJob } from './refresh-job.ts';
import { round } from './round.ts';

/**
 * Having a query looked at. Who finds somebody else at it only says that it is wanted again; who looks goes on until nothing
 * is wanted any more, or has it gone on with elsewhere.
 */

/** Nobody waits for this process while it looks: others may have it back soon. */
const handedOnAfterMs = 5_000;
const firstPauseMs = 10;
const longestPauseMs = 200;

/** Has it looked at, here or by whoever is at it. What is wanted from somebody who dies has to be wanted again. */
export async function refresh(ports: Ports, id: string, marks: readonly string[]): Promise<void> {
  const by = ports.ids.uuid();
  const taken = await take(ports, id, by, marks.length > 0 ? marks : [by]);
  if (taken.by === 'us') await work(ports, taken.live, by);
}

/**
 * Has it looked at and waits until that is done, whoever does it, and even if they die.
 * @param asked makes it where it is new
 * @returns false when it has taken too long
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

/** A dead process may have the lease for so long, and some more. */
const patienceMs = 20_000;

/** Has it looked at for changes that its subscribers may not have seen. */
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

/** Resolves when whoever is looking at it has told what they found: nothing that was found before comes later. */
export async function outlast(ports: Ports, id: string): Promise<void> {
  const before = await findLiveQuery(ports, id);
  for (let now = before; now && before && isTaken(now, ports.clock.now()); now = await findLiveQuery(ports, id)) {
    if (now.lease !== before.lease || now.done !== before.done) return;
    await ports.clock.wait(firstPauseMs);
  }
}
