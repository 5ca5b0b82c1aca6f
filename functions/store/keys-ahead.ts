import { isObject } from '../core/json.ts';
import type { Key, Table } from '../core/table.ts';
import { isTooLong } from './definition-check.ts';
import type { Fields } from './filter.ts';
import { isRecordKey } from './key-text.ts';
import { guessedPlaces, type Wanted } from './work.ts';

/** A call fetches a hundred items, and some room is left for those that are read together with these. */
const mostKeys = 90;

/**
 * The items that a message to the store will read first: its buckets, and the records that it names. A guess, made
 * before the message is validated.
 */
export function keysAhead(message: Fields, table: Table): Key[] {
  const { type, operations } = message;
  if (typeof type !== 'string' || !type.startsWith('store.')) return [];
  const wanted =
    type === 'store.transaction' ? wantedByAll(operations) : wantedBy(type.slice('store.'.length), message);
  const places = wanted.length > mostKeys ? [] : guessedPlaces(table, wanted);
  return places.length > mostKeys ? [] : places;
}

const namesRecord: ReadonlySet<unknown> = new Set(['get', 'update', 'delete']);
const changes: ReadonlySet<unknown> = new Set(['insert', 'update', 'delete']);

function wantedBy(operation: unknown, { bucket, key }: Fields): Wanted[] {
  if (typeof bucket !== 'string' || bucket === '' || isTooLong(bucket)) return [];
  return [namesRecord.has(operation) && isRecordKey(key) ? { bucket, key } : { bucket }];
}

/** A transaction that only reads has all its records read later, at one moment. */
function wantedByAll(operations: unknown): Wanted[] {
  if (!Array.isArray(operations) || operations.length > mostKeys) return [];
  const steps = operations.filter(isObject);
  const isReading = !steps.some(({ op }) => changes.has(op));
  return steps.flatMap((step) => wantedBy(isReading ? undefined : step.op, step));
}
