import { Failure } from '../core/errors.ts';
import { isObject } from '../core/json.ts';
import { own } from '../core/own.ts';
import { type Fields, type Filter, parseFilter } from './filter.ts';
import { isRecordKey, type RecordKey } from './key-text.ts';

/** One step of a transaction, after validation. */
export type Step =
  | { readonly op: 'get'; readonly bucket: string; readonly key: RecordKey }
  | { readonly op: 'insert'; readonly bucket: string; readonly data: Fields }
  | {
      readonly op: 'update';
      readonly bucket: string;
      readonly key: RecordKey;
      readonly data: Fields;
      readonly expectedVersion: number | undefined;
    }
  | {
      readonly op: 'delete';
      readonly bucket: string;
      readonly key: RecordKey;
      readonly expectedVersion: number | undefined;
    }
  | { readonly op: 'where' | 'findOne' | 'count'; readonly bucket: string; readonly filter: Filter };

/**
 * Parses the whole list of a transaction before any step runs.
 * @throws Failure `unacceptable_request` naming the element
 */
export function parseSteps(raw: unknown): Step[] {
  if (!Array.isArray(raw) || raw.length === 0) throw invalid('operations must be an array with at least one operation');
  return raw.map((step, at) => {
    try {
      return parseStep(step);
    } catch (thrown) {
      if (thrown instanceof Failure) throw invalid(`operations[${at}]: ${thrown.message}`);
      throw thrown;
    }
  });
}

/** @throws Failure `unacceptable_request` */
export function parseStep(raw: unknown): Step {
  if (!isObject(raw)) throw invalid('an operation must be an object');
  const op = own(raw, 'op');
  switch (op) {
    case 'get':
      return { op, bucket: bucketOf(raw), key: keyOf(raw) };
    case 'insert':
      return { op, bucket: bucketOf(raw), data: objectIn(raw, 'data') };
    case 'update':
      return { op, bucket: bucketOf(raw), key: keyOf(raw), data: objectIn(raw, 'data'), ...versionOf(raw) };
    case 'delete':
      return { op, bucket: bucketOf(raw), key: keyOf(raw), ...versionOf(raw) };
    case 'where':
    case 'findOne':
      return { op, bucket: bucketOf(raw), filter: parseFilter(objectIn(raw, 'filter')) };
    case 'count':
      return { op, bucket: bucketOf(raw), filter: parseFilter(own(raw, 'filter') ?? {}) };
    default:
      throw invalid('op must be get, insert, update, delete, where, findOne or count');
  }
}

function bucketOf(raw: Fields): string {
  const bucket = own(raw, 'bucket');
  if (typeof bucket === 'string' && bucket !== '') return bucket;
  throw invalid('bucket must be a non-empty string');
}

function keyOf(raw: Fields): RecordKey {
  const key = own(raw, 'key');
  if (isRecordKey(key)) return key;
  throw invalid('key must be a string or a number');
}

function objectIn(raw: Fields, field: 'data' | 'filter'): Fields {
  const value = own(raw, field);
  if (isObject(value)) return value;
  throw invalid(`${field} must be an object`);
}

function versionOf(raw: Fields): { readonly expectedVersion: number | undefined } {
  const expectedVersion = own(raw, 'expectedVersion');
  if (expectedVersion === undefined) return { expectedVersion };
  if (Number.isInteger(expectedVersion)) return { expectedVersion: Number(expectedVersion) };
  throw invalid('expectedVersion must be a whole number');
}

const invalid = (sentence: string): Failure => new Failure('unacceptable_request', sentence);
