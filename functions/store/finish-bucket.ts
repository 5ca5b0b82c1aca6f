import { together } from '../core/concurrently.ts';
import { Failure } from '../core/errors.ts';
import { ex } from '../core/expression.ts';
import { keys, unfinishedBuckets } from '../core/keys.ts';
import type { Ports } from '../core/ports.ts';
import type { Bucket } from './bucket.ts';
import {
  bucketFrom,
  bucketKey,
  definitionOf,
  isAsRead,
  itemOfBucket,
  type Kept,
  keptIn,
  readKept,
} from './bucket-store.ts';
import type { RecordKey } from './key-text.ts';
import { isUnchanged, itemOf, type Row, rowsByKey } from './row-store.ts';
import { claimValues } from './unique-values.ts';

/**
 * Migrates rows after a change of a bucket: moves them to the new indexes, and claims unique values. Until it is done,
 * filters on such a field read all rows. It begins only when all writers know of the change, so that no later write is
 * missed.
 */

/** Job of the fan-out function: migrate rows of one bucket. */
export interface FinishBucketBody {
  readonly bucket: string;
  /** The bucket's revision when the job began; after a later change a new job begins. */
  readonly revision: number;
  readonly after?: RecordKey;
}

const pageRows = 250;
const atOnce = 10;
/** The migration is checked again after this time. */
const patienceMs = 5 * 60_000;

/** Runs every minute: queues migrations that are due. */
export async function askToFinishBuckets(ports: Ports): Promise<void> {
  const { table, clock } = ports;
  for (const { sk, due } of await table.query({ pk: unfinishedBuckets })) {
    const name = String(sk);
    if (Number(due) > clock.now()) continue;
    const kept = await readKept(table, name);
    // The migration has finished, or the bucket no longer exists.
    if ((!kept.indexing && !kept.claiming) || !definitionOf(ports.app, name, kept.definition)) {
      await table.transact([{ check: bucketKey(name), when: isAsRead(kept) }, { delete: keys.unfinishedBucket(name) }]);
      continue;
    }
    if (await postpone(ports, name)) await ask(ports, { bucket: name, revision: kept.revision });
  }
}

/** Migrates a page of rows and queues the next. It may be interrupted anywhere and repeated. */
export async function finishBucket(ports: Ports, body: FinishBucketBody): Promise<void> {
  const item = await ports.table.get(bucketKey(body.bucket));
  const kept = item && keptIn(item);
  if (kept?.revision !== body.revision) return;
  const bucket = bucketFrom(ports.app, body.bucket, item);
  const { after } = body;
  const rows: Row[] = [];
  for await (const row of rowsByKey(ports, bucket, {
    evenExpired: true,
    about: pageRows,
    ...(after !== undefined ? { after } : {}),
  })) {
    rows.push(row);
    if (rows.length === pageRows) break;
  }
  for (let start = 0; start < rows.length; start += atOnce) {
    await together(rows.slice(start, start + atOnce).map((row) => bringUpToDate(ports, bucket, kept, row)));
  }
  const last = rows.at(-1);
  if (rows.length < pageRows || !last) return finish(ports, body.bucket, kept);
  await postpone(ports, body.bucket);
  await ask(ports, { ...body, after: last.key });
}

async function bringUpToDate(ports: Ports, bucket: Bucket, { indexing, claiming = [] }: Kept, row: Row): Promise<void> {
  // A concurrent write has already put it into the right indexes.
  if (indexing) await ports.table.put(itemOf(bucket, row), isUnchanged(row));
  try {
    await claimValues(ports, bucket, row, claiming);
  } catch (thrown) {
    if (!(thrown instanceof Failure) || thrown.code !== 'already_exists') throw thrown;
    ports.log.error('a unique value that two records have', thrown, { bucket: bucket.name });
  }
}

/** Ends the migration: all rows are up to date, unless the bucket has changed once more. */
async function finish({ table }: Ports, name: string, kept: Kept): Promise<void> {
  const after = {
    ...kept,
    layout: kept.indexing ?? kept.layout,
    indexing: undefined,
    claimed: kept.claimed && [...kept.claimed, ...(kept.claiming ?? [])],
    claiming: undefined,
  };
  await table.transact([
    { put: itemOfBucket(name, after), when: isAsRead(kept) },
    { delete: keys.unfinishedBucket(name) },
  ]);
}

async function postpone({ table, clock }: Ports, name: string): Promise<boolean> {
  const due = clock.now() + patienceMs;
  const when = ex`attribute_exists(pk)`;
  return (await table.update(keys.unfinishedBucket(name), ex`SET due = ${due}`, { when })).ok;
}

async function ask({ fanOut, ids }: Ports, body: FinishBucketBody): Promise<void> {
  await fanOut.send([{ kind: 'finish-bucket', group: `bucket:${ids.uuid()}`, id: ids.uuid(), body }]);
}
