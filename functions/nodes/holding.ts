import type { NodeStorage, NodesSeen } from '../core/node-storage.ts';
import type { Ports } from '../core/ports.ts';

/** How often a waiting request looks whether anything has changed anywhere. */
const lookEveryMs = 250;
/** Whoever changes a node takes a number first: for so long after that, the node itself is looked at. */
const settlesWithinMs = 1_000;
/** The nodes themselves are looked at this often in any case. */
const lookAnywayMs = 2_000;

/**
 * Looks at nodes until there is something to tell of them, somebody hints at one of them, or the time is over. What it
 * reads again and again is one small item, whichever process has written it; the nodes, when that has moved.
 */
export async function hold(
  { clock }: Pick<Ports, 'clock'>,
  storage: NodeStorage,
  keys: readonly string[],
  waitMs: number,
  isWorthTelling: (seen: NodesSeen) => boolean,
): Promise<NodesSeen> {
  const end = clock.now() + waitMs;
  let seen = await storage.look(keys);
  const hintsAtFirst = hintsOf(seen);
  let lookedAt = clock.now();
  let movedAt = lookedAt;
  while (!isWorthTelling(seen) && hintsOf(seen) === hintsAtFirst && clock.now() < end) {
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
