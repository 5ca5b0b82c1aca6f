import { isInTheWay } from '../core/errors.ts';
import { keys } from '../core/keys.ts';
import type { Ports } from '../core/ports.ts';
import type { Transacted, TransactWrite } from '../core/table.ts';
import { isAsRead, itemOfBucket, type Kept, readKept } from './bucket-store.ts';
import { mostWrites, tooBusy, tooManyItems } from './refusals.ts';

/** What becomes of a bucket, and what changes in the same moment; undefined: nothing has to. */
export interface BucketChange {
  readonly after: Kept;
  readonly beside?: readonly BesideWrite[];
}

export interface BesideWrite {
  readonly write: TransactWrite;
  /** Its condition does not hold. */
  readonly refusal?: () => Error;
}

const mostTries = 60;
const longestPauseMs = 20;

/**
 * Changes what the table knows of a bucket, until nobody else does so at the same time. What its rows have to follow is
 * noted along with it, and done behind the scenes.
 * @param act told what is known now; throws where that forbids the change
 * @throws Failure what `act` and `beside` refuse with
 */
export async function changeBucket(
  ports: Ports,
  name: string,
  act: (kept: Kept) => BucketChange | undefined | Promise<BucketChange>,
): Promise<void> {
  for (let tries = 0; tries < mostTries; tries += 1) {
    const kept = await readKept(ports.table, name);
    const change = await act(kept);
    if (!change) return;
    const { after, beside = [] } = change;
    const done = await attempt(ports, name, kept, after, beside);
    if (done?.ok) return;
    if (done && !done.lost[0]) throw beside.find((_, at) => done.lost[at + 1])?.refusal?.() ?? tooBusy();
    await ports.clock.wait(ports.ids.integer(longestPauseMs + 1));
  }
  throw tooBusy();
}

/** @returns undefined when others were in the way */
async function attempt(
  { table, clock }: Ports,
  name: string,
  before: Kept,
  after: Kept,
  beside: readonly BesideWrite[],
): Promise<Transacted | undefined> {
  const isUnfinished = after.indexing !== undefined || after.claiming !== undefined;
  const note = { put: { ...keys.unfinishedBucket(name), due: clock.now() + settledAfterMs } };
  const writes = [
    { put: itemOfBucket(name, after), when: isAsRead(before) },
    ...beside.map(({ write }) => write),
    ...(isUnfinished ? [note] : []),
  ];
  if (writes.length > mostWrites) throw tooManyItems(writes.length);
  try {
    return await table.transact(writes);
  } catch (thrown) {
    if (isInTheWay(thrown)) return undefined;
    throw thrown;
  }
}

/** So long after a change, all that is written is written by somebody who has seen it: see `isCurrent` in commit.ts. */
const settledAfterMs = 20_000;
