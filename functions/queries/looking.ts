import { Failure } from '../core/errors.ts';
import type { Ports } from '../core/ports.ts';
import { allOf, bucketItself, queryItself } from '../store/touches.ts';
import { depend, dependNoMore } from './dependents-store.ts';
import { type Evaluated, evaluate } from './evaluate.ts';
import { leaseMs } from './lease.ts';
import { type LiveQuery, renew } from './live-query-store.ts';

/** The most evaluations in a row: each may find a new dependency. */
const mostTries = 20;
/** A query with more single dependencies depends on whole buckets instead. */
const mostNames = 90;
/** How much longer rows live than the last socket, so that not every new subscriber has to write them. */
const keptLongerMs = 10 * 60_000;
const keptEvenLongerMs = 60 * 60_000;

/**
 * Evaluates a query until all of its dependencies were noted before they were read, so that every later change finds
 * the query.
 * @param neededUntil when the last of its current subscribers is certainly gone
 * @returns 'lost' when another process has the lease
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
    // It is unknown what a failed query would have read next.
    if (stale.length > 0 && 'text' in found.outcome && !(await dependNoMore(ports, id, by, stale))) return 'lost';
    return found;
  }
  throw new Failure('service_unavailable', 'What this query depends on changes all the time. Try again shortly.');
}

function namesFor(query: string, { depends, buckets }: Evaluated): string[] {
  if (depends.size <= mostNames) return [...depends];
  return [queryItself(query), ...[...buckets].flatMap((bucket) => [allOf(bucket), bucketItself(bucket)])];
}

/** Renews the lease during long reads. A process that loses it notices before it posts. */
function renewing(ports: Ports, id: string, by: string): () => Promise<void> {
  let since = ports.clock.now();
  return async () => {
    if (ports.clock.now() - since < leaseMs / 2) return;
    since = ports.clock.now();
    await renew(ports, id, by);
  };
}
