import type { BucketDefinition, FieldDefinition, Generated, Schema } from '../core/bucket-definition.ts';
import { isObject } from '../core/json.ts';
import { isNothing, own } from '../core/own.ts';
import type { Ids } from '../core/ports.ts';
import { ttlMs } from './duration.ts';
import type { Fields } from './filter.ts';
import { isLongKey, isRecordKey, type RecordKey } from './key-text.ts';
import { fieldIssues, type Issue } from './validate-field.ts';

/** A record as clients see it. Fields outside the schema are stored unchanged. */
export interface StoredRecord extends Fields {
  /** 1 on insert, and 1 more with every update. */
  readonly _version: number;
  readonly _createdAt: number;
  readonly _updatedAt: number;
  /** The record expires at this time. Only in buckets with a lifetime. */
  readonly _expiresAt?: number;
}

/** The result of preparing a client's data: a record to store, or all errors of an invalid one. */
export type Prepared =
  | { readonly record: StoredRecord; readonly key: RecordKey; readonly issues?: never }
  | { readonly record: StoredRecord; readonly issues: readonly Issue[] };

/** The sources of generated values. */
export interface Making {
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly ids: Pick<Ids, 'uuid' | 'bytes'>;
  /** The bucket's next number; required if {@link needsNumber} says so. */
  readonly autoincrement?: number;
}

const metaFields: ReadonlySet<string> = new Set(['_version', '_createdAt', '_updatedAt', '_expiresAt']);

/** These fields belong to the store; values that clients send for them are ignored. */
export function isMetaField(field: string): boolean {
  return metaFields.has(field);
}

/** Whether an insert of this data takes a number from the bucket's counter. */
export function needsNumber({ schema }: BucketDefinition, data: Fields): boolean {
  return Object.entries(schema).some(
    ([field, { generated }]) => generated === 'autoincrement' && own(data, field) === undefined,
  );
}

/**
 * A new record. Absent fields are generated or get their defaults, at every level of the schema. A given value wins,
 * even null. Then the whole record is validated.
 */
export function prepareInsert(bucket: BucketDefinition, data: Fields, making: Making): Prepared {
  const { now } = making;
  const lifetime = ttlMs(bucket.ttl);
  const record: StoredRecord = {
    ...withDefaults(bucket.schema, withGenerated(bucket.schema, given(data), making)),
    _version: 1,
    _createdAt: now,
    _updatedAt: now,
    ...(lifetime !== undefined && { _expiresAt: now + lifetime }),
  };
  return checked(bucket, record);
}

/**
 * The record after an update. Fields replace those of the same name; null stores null. The store's own fields, the key,
 * generated fields and the expiry do not change. Then the whole record is validated.
 */
export function prepareUpdate(bucket: BucketDefinition, current: StoredRecord, data: Fields, now: number): Prepared {
  const isKept = (field: string) => field === bucket.key || isGenerated(bucket.schema, field);
  const changes = Object.entries(given(data)).filter(([field]) => !isKept(field));
  return checked(bucket, {
    ...current,
    ...Object.fromEntries(changes),
    _version: current._version + 1,
    _updatedAt: now,
  });
}

/** Leaves out the store's own fields, and what JSON leaves out. */
function given(data: Fields): Fields {
  return Object.fromEntries(
    Object.entries(data).filter(([field, value]) => value !== undefined && !isMetaField(field)),
  );
}

function checked(bucket: BucketDefinition, record: StoredRecord): Prepared {
  const issues = fieldIssues(bucket.schema, record);
  const key = own(record, bucket.key);
  if (!issues.some(({ field }) => field === bucket.key)) issues.push(...keyIssues(bucket, key));
  // The application's own check may rely on the schema's types.
  if (!issues.some(({ code }) => code === 'required' || code === 'type')) {
    for (const message of bucket.validate?.(record) ?? []) issues.push({ field: '_record', message, code: 'custom' });
  }
  if (issues.length === 0) issues.push(...sizeIssues(record));
  return issues.length === 0 && isRecordKey(key) ? { record, key } : { record, issues };
}

/** As JSON. The table keeps no item above 400 KB, including what is stored beside the record. */
const mostBytes = 400_000;

function sizeIssues(record: StoredRecord): Issue[] {
  if (Buffer.byteLength(JSON.stringify(record)) <= mostBytes) return [];
  const message = `A record must not be larger than ${mostBytes} bytes`;
  return [{ field: '_record', message, code: 'custom' }];
}

function keyIssues(bucket: BucketDefinition, key: unknown): Issue[] {
  const field = bucket.key;
  if (isNothing(key)) return [{ field, message: 'Field is required', code: 'required' }];
  if (!isRecordKey(key)) return [{ field, message: 'A key must be a string or a number', code: 'type' }];
  if (bucket.etsType === 'ordered_set' && isLongKey(key)) {
    return [{ field, message: 'A key to sort by must not be longer than 900 bytes', code: 'maxLength' }];
  }
  return [];
}

function isGenerated(schema: Schema, field: string): boolean {
  return Object.hasOwn(schema, field) && schema[field]?.generated !== undefined;
}

function withGenerated(schema: Schema, data: Fields, making: Making): Fields {
  const fresh = Object.entries(schema).flatMap(([field, { generated }]) =>
    generated === undefined || own(data, field) !== undefined ? [] : [[field, generators[generated](making)] as const],
  );
  return { ...data, ...Object.fromEntries(fresh) };
}

const generators: Readonly<Record<Generated, (making: Making) => unknown>> = {
  uuid: ({ ids }) => ids.uuid(),
  cuid: ({ ids }) => `c${Buffer.from(ids.bytes(16)).toString('hex')}`,
  timestamp: ({ now }) => now,
  autoincrement: ({ autoincrement }) => autoincrement,
};

function withDefaults(schema: Schema, data: Fields): Fields {
  const filled = Object.entries(schema).flatMap(([field, definition]) => {
    const value = own(data, field);
    const full = value === undefined ? defaultOf(definition) : withDefaultsInside(definition, value);
    return full === undefined || full === value ? [] : [[field, full] as const];
  });
  return { ...data, ...Object.fromEntries(filled) };
}

function withDefaultsInside({ properties, items }: FieldDefinition, value: unknown): unknown {
  if (properties && isObject(value)) return withDefaults(properties, value);
  if (items && Array.isArray(value)) return value.map((item) => withDefaultsInside(items, item));
  return value;
}

function defaultOf({ default: value }: FieldDefinition): unknown {
  return typeof value === 'function' ? value() : value;
}
