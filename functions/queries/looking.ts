import { Failure } from '../core/errors.ts';
import type { Ports } from '../core/ports.ts';
import { allOf, bucketItself, queryItself } from '../store/touches.ts';
import { depend, dependNoMore } from './dependents-store.ts';
import { type Evaluated, evaluate } from './evaluate.ts';
import { leaseMs } from './lease.ts';
import { type LiveQuery, renew } from './live-query-store.ts';

/** An evaluation may find out that the result depends on something new, and the next one again. */
const mostTries = 20;
/** A query that depends on more single things depends on all of their buckets. */
const mostNames = 90;
/** Rows are kept somewhat longer than the last socket may be open, so that they need not be written for each that comes. */
const keptLongerMs = 10 * 60_000;
const keptEvenLongerMs = 60 * 60_000;

/**
 * Evaluates a query until everything that the result depends on was noted before it was read: whatever changes it from
 * then on finds the query.
 * @param neededUntil when the last of its subscribers is gone for certain
 * @returns 'lost' when the lease is somebody else's by now
 */
export async function look(
  ports: Ports,
  { id, asked, depends, keptUntil }: LiveQuery,
  by: string,
  neededUntil: number,
): Promise<Evaluated | 'lost'> {
  const noted = new Set(depends);
  let until = keptUntil;
  const reading = renewing(ports, id, by);
  for (let tries = 0; tries < mostTries; tries += 1) {
    const found = await evaluate(ports, asked, reading);
    const names = namesFor(asked.query, found);
    const missing = names.filter((name) => !noted.has(name));
    const isShort = until < neededUntil + keptLongerMs;
    if (isShort) until = neededUntil + keptLongerMs + keptEvenLongerMs;
    if (isShort || missing.length > 0) {
      if (!(await depend(ports, id, by, isShort ? names : missing, until))) return 'lost';
      for (const name of missing) noted.add(name);
    }
    if (missing.length > 0) continue;
    const stale = [...noted].filter((name) => !names.includes(name));
    // What a query that failed would have read next is not known.
    if (stale.length > 0 && 'text' in found.outcome && !(await dependNoMore(ports, id, by, stale))) return 'lost';
    return found;
  }
  throw new Failure('service_unavailable', 'What this query depends on changes all the time. Try again shortly.');
}

function namesFor(query: string, { depends, buckets }: Evaluated): string[] {
  if (depends.size <= mostNames) return [...depends];
  return [queryItself(query), ...[...buckets].flatMap((bucket) => [allOf(bucket), bucketItself(bucket)])];
}

/** Keeps the lease while there is much to read. Who loses it all the same finds out before anything is posted. */
function renewing(ports: Ports, id: string, by: string): () => Promise<void> {
  let since = ports.clock.now();
  return async () => {
    if (ports.clock.now() - since < leaseMs / 2) return;
    since = ports.clock.now();
    await renew(ports, id, by);
  };
}
