import type { NodeStorage, NodesSeen } from '../core/node-storage.ts';
import type { Ports } from '../core/ports.ts';
import { takePlace } from './waiting-store.ts';

/** How often a waiting request looks whether anything has changed anywhere. */
const lookEveryMs = 250;
/** Whoever changes a node takes a number first: for so long after that, the node itself is looked at. */
const settlesWithinMs = 1_000;
/** The nodes themselves are looked at this often in any case. */
const lookAnywayMs = 2_000;

/**
 * Looks at nodes; where there is nothing to tell, until there is, somebody hints at one of them, or the time is over.
 * @param waitMs bounded by what the deployment allows; no time at all where too many wait already
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

/** What is read again and again is one small item, whichever process writes it; the nodes, when that has moved. */
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

/** Grows with every hint; a node that is gone takes its own along, which is a difference anyway. */
const hintsOf = ({ hints }: NodesSeen): number => [...hints.values()].reduce((sum, one) => sum + one, 0);
