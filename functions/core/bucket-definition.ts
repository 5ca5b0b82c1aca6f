/** How a bucket is declared: in the application module, or as JSON at run time (then without functions). */
export interface BucketDefinition {
  /** The field that holds a record's key: a string or a number. */
  readonly key: string;
  readonly schema: Schema;
  /** Fields with an index, which makes equality filters cheap; only the first four count. No effect on results. */
  readonly indexes?: readonly string[];
  /** How long a record lives after its insert: milliseconds, or a text like `30s`, `5m`, `1h`, `7d`. */
  readonly ttl?: number | string;
  /** An insert beyond it evicts the oldest records. */
  readonly maxSize?: number;
  /** `ordered_set`: `first`, `last` and `paginate` go by key instead of insertion. @default 'set' */
  readonly etsType?: 'set' | 'ordered_set';
  /** Accepted, but without effect: all buckets are durable. */
  readonly persistent?: boolean;
  /**
   * Spreads the bucket over so many partitions, each of which takes about a thousand writes a second. A query by
   * anything but the key reads all of them. A change takes effect only once the bucket is empty: clear it.
   * @default 1
   */
  readonly shards?: number;
  /**
   * Keeps a count of records, so that counting all of them is cheap; inserts and deletions cost twice as much. No
   * effect on buckets with a lifetime. As with `shards`, a change takes effect once the bucket is empty.
   * @default false
   */
  readonly counted?: boolean;
  /** Validates a whole record: returns a sentence for each error. In code only. */
  readonly validate?: (record: Readonly<Record<string, unknown>>) => readonly string[] | undefined;
}

export type Schema = Readonly<Record<string, FieldDefinition>>;

export type FieldType = 'string' | 'number' | 'boolean' | 'object' | 'array' | 'date';
export type Generated = 'uuid' | 'cuid' | 'timestamp' | 'autoincrement';
export type Format = 'email' | 'url' | 'iso-date';
export type OnDelete = 'restrict' | 'cascade' | 'set_null';

/** The rules for one field. Null and absent pass all of them unless the field is required. */
export interface FieldDefinition {
  readonly type: FieldType;
  readonly required?: boolean;
  /** Fills an absent field on insert; a function in code only. */
  readonly default?: unknown;
  /** Fills an absent field on insert; updates do not change it. */
  readonly generated?: Generated;
  readonly enum?: readonly unknown[];
  readonly format?: Format;
  readonly min?: number;
  readonly max?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  /** The bucket whose record this field names by its key. */
  readonly ref?: string;
  /** What happens to this record when the one it refers to is deleted. @default 'restrict' */
  readonly onDelete?: OnDelete;
  readonly unique?: boolean;
  /** Fields of an object. */
  readonly properties?: Schema;
  /** Rules for every element of an array. */
  readonly items?: FieldDefinition;
  /** Validates a value of the right type: returns the error, if any. In code only. */
  readonly validate?: (value: unknown, record: Readonly<Record<string, unknown>>) => string | undefined;
}

export type AggregateFunction = 'count' | 'sum' | 'avg' | 'min' | 'max';

export interface Aggregate {
  readonly function: AggregateFunction;
  /** The field whose numbers are aggregated; `count` needs none. */
  readonly field?: string;
  readonly groupBy?: string | readonly string[];
}

/** A query without code. Order of work: filter, then aggregate, or else sort, offset, limit, fields. */
export interface QueryDefinition {
  readonly bucket: string;
  /** The server replaces a text that is exactly `{{ params.name }}` by that parameter. */
  readonly filter?: Readonly<Record<string, unknown>>;
  readonly sort?: Readonly<Record<string, 'asc' | 'desc'>>;
  readonly offset?: number;
  readonly limit?: number;
  readonly fields?: readonly string[];
  readonly aggregate?: Aggregate;
}
