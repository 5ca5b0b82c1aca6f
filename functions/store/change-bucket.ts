import { isInTheWay } from '../core/errors.ts';
import { keys } from '../core/keys.ts';
import type { Ports } from '../core/ports.ts';
import type { Transacted, TransactWrite } from '../core/table.ts';
import { isAsRead, itemOfBucket, type Kept, readKept } from './bucket-store.ts';
import { mostWrites, tooBusy, tooManyItems } from './refusals.ts';

/** The change of a bucket, with other writes for the same transaction; undefined: no change. */
export interface BucketChange {
  readonly after: Kept;
  readonly beside?: readonly BesideWrite[];
}

export interface BesideWrite {
  readonly write: TransactWrite;
  /** The error if its condition fails. */
  readonly refusal?: () => Error;
}

const mostTries = 60;
const longestPauseMs = 20;

/**
 * Changes a bucket's item, and retries after concurrent changes. If rows have to be migrated, this is noted in the same
 * transaction, and done in the background.
 * @param act gets the current state; throws if that forbids the change
 * @throws Failure of `act` or `beside`
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

/** @returns undefined after a concurrent change */
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

/** After this time all writers know of a change: see `isCurrent` in commit.ts. */
const settledAfterMs = 20_000;
