import type { Ports } from '../core/ports.ts';
import type { Inst } from './inst-store.ts';
import { takeAway } from './inst-store.ts';
import { keptMs } from './kept-decisions.ts';

/**
 * Deletes an inst in two steps, so that no update of a deleted inst is acknowledged. First its row is marked as
 * leaving, which makes new requests wait. Connections with a cached authorization may still write to it. Once these
 * have expired, the row is deleted, and with it all updates. Updates acknowledged in between count as written before
 * the deletion, which is not answered yet. A request that finds a leaving inst finishes the deletion, so that a process
 * that died does not block it. Each waits the whole time, because clocks differ.
 */
export async function finishLeaving(ports: Ports, inst: Inst): Promise<void> {
  await ports.clock.wait(keptMs);
  await takeAway(ports, inst);
}
