import { together } from '../core/concurrently.ts';
import { isInTheWay } from '../core/errors.ts';
import { ex } from '../core/expression.ts';
import { keys } from '../core/keys.ts';
import { own } from '../core/own.ts';
import type { Key, TransactWrite, Written } from '../core/table.ts';
import type { Bucket } from './bucket.ts';
import { bucketKey, keptIn, noteLayout } from './bucket-store.ts';
import { keyText, uniqueText } from './key-text.ts';
import { rearrange } from './rearranging.ts';
import { alreadyExists, mostWrites, tooManyItems } from './refusals.ts';
import { isFree, isUnchanged, itemOf, type Row, rowKey, rowOf } from './row-store.ts';
import { keepSize } from './size.ts';
import { newTag } from './tag.ts';
import { rowChange } from './touches.ts';
import { claimOf, isOf } from './unique-values.ts';
import type { Slot, Work } from './work.ts';

/** One write of the net effect. */
export interface Effect {
  readonly write: TransactWrite;
  /** The error if its condition fails; undefined: something has changed since it was read. */
  readonly refusal?: () => Error;
}

/**
 * Writes the net effect of a work, all of it or nothing.
 * @returns false when something that it read has changed since, so that the work must be repeated
 * @throws Failure `already_exists`, `transaction_too_large`
 */
export async function commit(work: Work): Promise<boolean> {
  const sizes = await keepSize(work);
  const slots = [...work.slots.values()];
  const changed = slots.filter(isChanged);
  if (changed.length === 0 && !slots.some(isEmptied))
    return areAsRead(
      work,
      slots.filter(({ isChecked }) => isChecked),
    );
  const effects = [
    ...changed.map((slot) => rowEffect(work, slot)),
    ...slots.filter((slot) => !isChanged(slot)).flatMap((slot) => guardEffect(work, slot)),
    ...uniqueEffects(work, changed),
    ...sizes,
  ];
  if (effects.length > mostWrites) throw tooManyItems(effects.length);
  await noteLayouts(work, changed);
  const done = (await isCurrent(work)) && (await write(work, effects));
  if (done) work.ports.changes?.note(changed.map(changeOf));
  return done;
}

/**
 * Whether records that were read in sequence are consistent with each other, for works that write nothing. More records
 * than fit into a transaction are not checked.
 */
export async function areAsRead(
  { ports: { table, clock }, isSnapshot }: Work,
  slots: Iterable<Slot>,
): Promise<boolean> {
  const read = [...slots].filter(({ before }) => before !== 'unread');
  if (isSnapshot || read.length < 2 || read.length > mostWrites) return true;
  const items = await table.transactGet(read.map(({ bucket, key }) => rowKey(bucket, key)));
  return read.every(({ bucket, before }, at) => {
    const now = rowOf(bucket, items[at], clock.now());
    return now?.tag === (before === 'unread' ? undefined : before?.tag);
  });
}

const changeOf = ({ bucket, before, after }: Slot) =>
  rowChange(bucket, before === 'unread' ? undefined : before, after);

/** A work that took longer reads its buckets again. */
const freshForMs = 500;

/**
 * Makes sure that a writer has read its buckets recently, so that some time after a change of a bucket all writes
 * follow it.
 */
async function isCurrent({ ports: { table, clock }, begunAt, buckets }: Work): Promise<boolean> {
  if (clock.now() - begunAt < freshForMs) return true;
  const known = [...buckets.values()];
  const items = await table.batchGet(known.map(({ name }) => bucketKey(name)));
  const revisions = new Map(items.map((item) => [String(item.pk), keptIn(item).revision]));
  return known.every(({ name, revision }) => (revisions.get(bucketKey(name).pk) ?? 0) === revision);
}

async function write({ ports: { table } }: Work, effects: readonly Effect[]): Promise<boolean> {
  const [only] = effects;
  try {
    if (only && effects.length === 1 && !('check' in only.write)) {
      const written = await single(table, only.write);
      return written.ok || refused([only]);
    }
    const done = await table.transact(effects.map((effect) => effect.write));
    return done.ok || refused(effects.filter((_, at) => done.lost[at]));
  } catch (thrown) {
    if (isInTheWay(thrown)) return false;
    throw thrown;
  }
}

/** A single change needs no transaction, which costs twice as much. */
function single(table: Work['ports']['table'], write: TransactWrite): Promise<Written> {
  if ('put' in write) return table.put(write.put, write.when);
  if ('delete' in write) return table.delete(write.delete, write.when);
  throw new Error('A work that changes anything puts or deletes a row.');
}

/** @returns false: repeat the work. @throws Failure if a retry would fail in the same way */
function refused(lost: readonly Effect[]): false {
  const [first] = lost;
  if (first && lost.every(({ refusal }) => refusal)) throw first.refusal?.();
  return false;
}

const isChanged = ({ before, after }: Slot): boolean => (before === 'unread' ? undefined : before) !== after;

/** Assumed free, filled, and emptied again: it is not yet known whether it was free. */
const isEmptied = ({ before, after }: Slot): boolean => before === 'unread' && after === undefined;

const taken =
  ({ bucket, key }: Slot) =>
  () =>
    alreadyExists(bucket.name, bucket.definition.key, key);

/** A record that is written. */
function rowEffect({ ports: { clock } }: Work, slot: Slot): Effect {
  const { bucket, key, before, after } = slot;
  const when = before && before !== 'unread' ? isUnchanged(before) : isFree(clock.now());
  if (!after) return { write: { delete: rowKey(bucket, key), when } };
  const write = { put: itemOf(bucket, after), when };
  return before === 'unread' ? { write, refusal: taken(slot) } : { write };
}

/** A condition for a record that is not written: it must be unchanged, or at least still exist. */
function guardEffect(work: Work, slot: Slot): Effect[] {
  const { bucket, key, before, isChecked, isReferredTo } = slot;
  const at = rowKey(bucket, key);
  const now = work.ports.clock.now();
  if (before === 'unread') return [{ write: { check: at, when: isFree(now) }, refusal: taken(slot) }];
  const stays = ex`attribute_exists(pk) AND (attribute_not_exists(exp) OR exp > ${now})`;
  // Gets a new tag, so that a concurrent deletion that does not know of the reference is repeated.
  if (isReferredTo && before) {
    const when = isChecked ? isUnchanged(before) : stays;
    return [{ write: { update: at, change: ex`SET tag = ${newTag(work.ports)}`, when } }];
  }
  return isChecked ? [{ write: { check: at, when: before ? isUnchanged(before) : isFree(now) } }] : [];
}

/** A unique value before and after. */
interface Sentinel {
  readonly at: Key;
  readonly bucket: Bucket;
  readonly field: string;
  from?: string;
  to?: Row;
}

/** The writes for unique values: freed, taken, or moved from one record to another. */
function uniqueEffects({ ports: { clock } }: Work, changed: readonly Slot[]): Effect[] {
  const sentinels = new Map<string, Sentinel>();
  const sentinelOf = ({ bucket }: Slot, field: string, row: Row | undefined): Sentinel | undefined => {
    const text = row && uniqueText(own(row.record, field));
    if (text === undefined) return undefined;
    const at = keys.unique(bucket.name, bucket.generation, field, text);
    const sentinel = sentinels.get(at.pk) ?? { at, bucket, field };
    sentinels.set(at.pk, sentinel);
    return sentinel;
  };
  for (const slot of changed) {
    const before = slot.before === 'unread' ? undefined : slot.before;
    for (const field of slot.bucket.uniqueFields) {
      const from = sentinelOf(slot, field, before);
      if (from) from.from = keyText(slot.key);
      const to = sentinelOf(slot, field, slot.after);
      if (to && slot.after) to.to = slot.after;
    }
  }
  const isKept = ({ from, to }: Sentinel) => to && from === keyText(to.key) && to.record._expiresAt === undefined;
  return [...sentinels.values()].filter((one) => !isKept(one)).map((one) => uniqueEffect(one, clock.now()));
}

function uniqueEffect({ at, bucket, field, from, to }: Sentinel, now: number): Effect {
  const isOurs = from === undefined ? undefined : isOf(from, now);
  if (!to) return { write: { delete: at, ...(isOurs ? { when: isOurs } : {}) } };
  const item = claimOf(at, to);
  if (isOurs) return { write: { put: item, when: isOurs } };
  const value = own(to.record, field);
  return { write: { put: item, when: isFree(now) }, refusal: () => alreadyExists(bucket.name, field, value) };
}

/**
 * Stores the index layout of a bucket before its first row is written, and later checks whether the layout should
 * change.
 */
async function noteLayouts({ ports }: Work, changed: readonly Slot[]): Promise<void> {
  const filled = new Set(changed.filter(({ after }) => after).map(({ bucket }) => bucket));
  await together(
    [...filled].map((bucket) => (bucket.isNoted ? rearrange(ports, bucket) : noteLayout(ports.table, bucket))),
  );
}
