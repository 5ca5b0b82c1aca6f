import type { BucketDefinition } from '../core/bucket-definition.ts';
import { own } from '../core/own.ts';
import {
  Check,
  isBoolean,
  isName,
  isNames,
  isPositive,
  isTooLong,
  maxNameLength,
  type Origin,
} from './definition-check.ts';
import { ttlMs } from './duration.ts';
import { checkSchema } from './field-definition.ts';

/** More partitions cost more reads than they save writes. */
const maxShards = 100;

/**
 * Validates the definition of a bucket, which is stored as it was given.
 * @throws Failure `unacceptable_request`; the message names the bucket and the invalid field
 */
export function checkBucket(name: unknown, raw: unknown, origin: Origin): BucketDefinition {
  if (!isName(name)) return new Check('A bucket').fail('its name must be a non-empty string');
  const check = new Check(`Bucket ${JSON.stringify(name)}`);
  if (name.startsWith('_')) check.fail('names that begin with _ are reserved');
  if (isTooLong(name)) check.fail(`its name must not be longer than ${maxNameLength} characters`);
  const bucket = check.object(raw, 'its definition');
  checkSchema(check, bucket.schema, origin);
  const definition = bucket as unknown as BucketDefinition; // the checks below make it one
  checkKey(check, definition);
  checkIndexes(check, definition);
  check.optional('ttl', bucket.ttl, isLifetime, 'milliseconds above 0, or a text like "30s", "5m", "1h", "7d"');
  check.optional('maxSize', bucket.maxSize, isPositive, 'a whole number above 0');
  check.optional('etsType', bucket.etsType, (type) => type === 'set' || type === 'ordered_set', 'set or ordered_set');
  check.optional('persistent', bucket.persistent, isBoolean, 'true or false');
  check.optional('counted', bucket.counted, isBoolean, 'true or false');
  check.optional(
    'shards',
    bucket.shards,
    (n) => isPositive(n) && n <= maxShards,
    `a whole number from 1 to ${maxShards}`,
  );
  const isCode = origin === 'code';
  check.optional('validate', bucket.validate, (value) => isCode && typeof value === 'function', 'a function, in code');
  return definition;
}

/**
 * A bucket with more fields, more indexes, or another lifetime; null removes the lifetime. Existing fields and indexes
 * stay.
 * @param raw `{addFields?, addIndexes?, ttl?}`
 * @throws Failure `unacceptable_request` for a field that exists, an index without a field, and errors of {@link
 * checkBucket}
 */
export function updateBucket(name: string, definition: BucketDefinition, raw: unknown): BucketDefinition {
  const check = new Check(`Bucket ${JSON.stringify(name)}`);
  const { addFields = {}, addIndexes = [], ttl } = check.object(raw, 'updates');
  const fields = check.object(addFields, 'addFields');
  const taken = Object.keys(fields).find((field) => Object.hasOwn(definition.schema, field));
  if (taken !== undefined) check.inside(`field ${JSON.stringify(taken)}`).fail('it exists already');
  if (!isNames(addIndexes)) return check.fail('addIndexes must be an array of field names');
  const { ttl: before, ...rest } = definition;
  const lifetime = ttl === undefined ? before : ttl;
  const indexes = [...new Set([...(definition.indexes ?? []), ...addIndexes])];
  const updated = {
    ...rest,
    schema: { ...definition.schema, ...fields },
    ...((definition.indexes ?? addIndexes.length > 0) && { indexes }),
    ...(lifetime !== null && lifetime !== undefined && { ttl: lifetime }),
  };
  return checkBucket(name, updated, 'runTime');
}

/** Fields whose values only one record may have. */
export function uniqueFields({ schema }: BucketDefinition): string[] {
  return Object.keys(schema).filter((field) => schema[field]?.unique === true);
}

/** Fields that an equality filter finds by an index, references included; each once, as declared. */
export function indexedFields({ schema, indexes = [] }: BucketDefinition): string[] {
  return [...new Set([...indexes, ...Object.keys(schema).filter((field) => schema[field]?.ref !== undefined)])];
}

function checkKey(check: Check, { key, schema }: BucketDefinition): void {
  if (!isName(key)) check.fail('key must be the name of a field');
  const field = own(schema, key) ?? check.fail(`key "${key}" is not in the schema`);
  const { type } = check.object(field, 'its key');
  if (type !== 'string' && type !== 'number' && type !== 'date') {
    check.inside(`field ${JSON.stringify(key)}`).fail('a key must be a string or a number');
  }
}

function checkIndexes(check: Check, { indexes, schema }: BucketDefinition): void {
  check.optional('indexes', indexes, isNames, 'an array of field names');
  const unknown = indexes?.find((field) => !Object.hasOwn(schema, field));
  if (unknown !== undefined) check.fail(`index "${unknown}" is not in the schema`);
}

function isLifetime(ttl: unknown): boolean {
  return ttlMs(ttl) !== undefined;
}
