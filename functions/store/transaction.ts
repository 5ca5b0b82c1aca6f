import type { Caller } from '../core/caller.ts';
import { Failure } from '../core/errors.ts';
import { own } from '../core/own.ts';
import type { Ports } from '../core/ports.ts';
import { refuseUnpermitted } from '../socket-auth/permissions.ts';
import type { Bucket } from './bucket.ts';
import { candidates } from './bucket-reader.ts';
import type { Filter } from './filter.ts';
import { isRecordKey } from './key-text.ts';
import { mostWrites, tooManyItems } from './refusals.ts';
import { settle } from './settle.ts';
import { parseSteps, type Step } from './transaction-steps.ts';
import { needsNumber, type StoredRecord } from './validate-record.ts';
import { asChanged, bucketIn, load, loadTogether, slotAt, type Wanted, type Work } from './work.ts';
import { deleteFrom, insertInto, reserveNumbers, updateIn } from './writing.ts';

/**
 * Runs several operations, all or none. They run in order on data that is read once, see the effects of earlier ones,
 * and take effect at once. Every record that was read by its key is unchanged at that moment.
 */
export async function transact(ports: Ports, { identity }: Caller, { operations }: { readonly operations?: unknown }) {
  const steps = parseSteps(operations);
  for (const { op, bucket } of steps) refuseUnpermitted(ports, identity, `store.${op}`, bucket);
  const results = await settle(
    ports,
    (work) => run(work, steps),
    () => lostRace(steps),
  );
  return { results: results.map((data, index) => ({ index, data })) };
}

async function run(work: Work, steps: readonly Step[]): Promise<unknown[]> {
  await prepare(work, steps);
  const results: unknown[] = [];
  for (const step of steps) results.push(await runStep(work, await bucketIn(work, step.bucket), step));
  return results;
}

/** Reads all named records at once. */
async function prepare(work: Work, steps: readonly Step[]): Promise<void> {
  const isReading = steps.every(({ op }) => op !== 'insert' && op !== 'update' && op !== 'delete');
  await load(
    work,
    steps.map((step) => ({ bucket: step.bucket, ...(!isReading && 'key' in step ? { key: step.key } : {}) })),
  );
  const named = steps.flatMap((step) => keyNamed(work, step));
  if (named.length > mostWrites) refuseTooMany(named);
  // Without writes there is no condition to check, so all records have to be read in one transaction.
  await (isReading ? loadTogether(work, named) : load(work, named));
  for (const bucket of work.buckets.values()) {
    const inserts = steps.filter((step) => step.op === 'insert' && step.bucket === bucket.name);
    const numbers = inserts.filter((step) => 'data' in step && needsNumber(bucket.definition, step.data));
    await reserveNumbers(work, bucket, numbers.length);
  }
}

function refuseTooMany(named: readonly Wanted[]): void {
  const different = new Set(named.map((one) => JSON.stringify(one))).size;
  if (different > mostWrites) throw tooManyItems(different);
}

function keyNamed(work: Work, step: Step): Required<Wanted>[] {
  const { bucket } = step;
  if ('key' in step) return [{ bucket, key: step.key }];
  const keyField = work.buckets.get(bucket)?.definition.key ?? '';
  const key = step.op === 'insert' ? own(step.data, keyField) : undefined;
  return isRecordKey(key) ? [{ bucket, key }] : [];
}

/** Performs one step, and returns its result for clients. */
export async function runStep(work: Work, bucket: Bucket, step: Step): Promise<unknown> {
  switch (step.op) {
    case 'get': {
      const slot = await slotAt(work, bucket, step.key);
      slot.isChecked = true;
      return slot.after?.record ?? null;
    }
    case 'insert':
      return insertInto(work, bucket, step.data);
    case 'update':
      return updateIn(work, bucket, step.key, step.data, step.expectedVersion);
    case 'delete':
      await deleteFrom(work, bucket, step.key, step.expectedVersion);
      return { deleted: true };
    case 'where':
      return find(work, bucket, step.filter);
    case 'findOne':
      return (await find(work, bucket, step.filter))[0] ?? null;
    case 'count':
      return (await find(work, bucket, step.filter)).length;
  }
}

/** The current matches, including this work's own changes. */
async function find(work: Work, bucket: Bucket, filter: Filter): Promise<StoredRecord[]> {
  const rows = await Array.fromAsync(candidates(work.ports, bucket, filter));
  return asChanged(work, bucket, rows).flatMap(({ record }) => (filter.matches(record) ? record : []));
}

function lostRace(steps: readonly Step[]): Failure {
  const step = steps.find((one) => 'key' in one) ?? steps[0];
  const key = step && 'key' in step ? step.key : null;
  return new Failure('conflict', 'Others kept changing what this transaction reads or writes.', {
    bucket: step?.bucket,
    key,
  });
}
