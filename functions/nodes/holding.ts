import type { NodeStorage, NodesSeen } from '../core/node-storage.ts';
import type { Ports } from '../core/ports.ts';
import { takePlace } from './waiting-store.ts';

/** How often a waiting request checks whether any node has changed. */
const lookEveryMs = 250;
/** A writer takes a number before it writes its node: for so long after a new number the nodes themselves are read. */
const settlesWithinMs = 1_000;
/** How often the nodes themselves are read in any case. */
const lookAnywayMs = 2_000;

/**
 * Reads nodes; if none differs, waits until one does, one of them gets a hint, or the time is over.
 * @param waitMs bounded by the deployment's setting; 0 if too many requests are already waiting
 */
export async function hold(
  ports: Ports,
  storage: NodeStorage,
  keys: readonly string[],
  waitMs: number,
  isWorthTelling: (seen: NodesSeen) => boolean,
): Promise<NodesSeen> {
  const { clock, settings } = ports;
  const end = clock.now() + Math.min(waitMs, settings.nodesMaxWaitMs);
  const seen = await storage.look(keys);
  if (isWorthTelling(seen) || clock.now() >= end) return seen;
  const place = await takePlace(ports);
  if (!place) return seen;
  try {
    return await watch(ports, storage, keys, { seen, end, isWorthTelling });
  } finally {
    await place.leave().catch((cause: unknown) => ports.log.error('a request that waited is still counted', cause));
  }
}

interface Watching {
  readonly seen: NodesSeen;
  readonly end: number;
  readonly isWorthTelling: (seen: NodesSeen) => boolean;
}

/** Polls one small item that every change updates, and reads the nodes only when it has changed. */
async function watch(
  { clock }: Ports,
  storage: NodeStorage,
  keys: readonly string[],
  { seen: first, end, isWorthTelling }: Watching,
): Promise<NodesSeen> {
  let seen = first;
  let lookedAt = clock.now();
  let movedAt = lookedAt;
  while (!isWorthTelling(seen) && hintsOf(seen) === hintsOf(first) && clock.now() < end) {
    await clock.wait(Math.min(lookEveryMs, end - clock.now()));
    const now = clock.now();
    if ((await storage.pulse()) !== seen.pulse) movedAt = now;
    if (now - movedAt > settlesWithinMs && now - lookedAt < lookAnywayMs && now < end) continue;
    seen = await storage.look(keys);
    lookedAt = now;
  }
  return seen;
}

/** Grows with every hint. A deleted node's hints vanish, but its deletion is a difference anyway. */
const hintsOf = ({ hints }: NodesSeen): number => [...hints.values()].reduce((sum, one) => sum + one, 0);
