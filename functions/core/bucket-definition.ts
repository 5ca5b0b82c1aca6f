/** How a bucket is declared: in the application module, or as JSON at run time (then without functions). */
export interface BucketDefinition {
  /** The field that holds a record's key: a string or a number. */
  readonly key: string;
  readonly schema: Schema;
  /** Fields whose equality filters are cheap: the first four. No effect on results. */
  readonly indexes?: readonly string[];
  /** How long a record lives after its insert: milliseconds, or a text like `30s`, `5m`, `1h`, `7d`. */
  readonly ttl?: number | string;
  /** An insert beyond it evicts the oldest records. */
  readonly maxSize?: number;
  /** `ordered_set`: `first`, `last` and `paginate` go by key instead of insertion. @default 'set' */
  readonly etsType?: 'set' | 'ordered_set';
  /** Understood and without effect: everything is durable. */
  readonly persistent?: boolean;
  /**
   * Spreads the bucket over so many partitions, each of which takes about a thousand writes a second. Whoever looks for
   * records by anything but their keys asks all of them. Counts from when the bucket is empty: clear it to change it.
   * @default 1
   */
  readonly shards?: number;
  /**
   * Keeps a count, so that counting everything is cheap; inserts and deletions cost twice as much. Without effect for
   * records that have a lifetime. Counts from when the bucket is empty, as `shards` does.
   * @default false
   */
  readonly counted?: boolean;
  /** What is wrong with a whole record, sentence by sentence. In code only. */
  readonly validate?: (record: Readonly<Record<string, unknown>>) => readonly string[] | undefined;
}

export type Schema = Readonly<Record<string, FieldDefinition>>;

export type FieldType = 'string' | 'number' | 'boolean' | 'object' | 'array' | 'date';
export type Generated = 'uuid' | 'cuid' | 'timestamp' | 'autoincrement';
export type Format = 'email' | 'url' | 'iso-date';
export type OnDelete = 'restrict' | 'cascade' | 'set_null';

/** What a field may hold. Null and absent pass every rule unless it is required. */
export interface FieldDefinition {
  readonly type: FieldType;
  readonly required?: boolean;
  /** Fills an absent field on insert; a function in code only. */
  readonly default?: unknown;
  /** Fills an absent field on insert, and is left alone by updates. */
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
  /** What happens here when that record is deleted. @default 'restrict' */
  readonly onDelete?: OnDelete;
  readonly unique?: boolean;
  /** Of an object. */
  readonly properties?: Schema;
  /** Of an array: every element. */
  readonly items?: FieldDefinition;
  /** What is wrong with a value of the right type. In code only. */
  readonly validate?: (value: unknown, record: Readonly<Record<string, unknown>>) => string | undefined;
}

export type AggregateFunction = 'count' | 'sum' | 'avg' | 'min' | 'max';

export interface Aggregate {
  readonly function: AggregateFunction;
  /** Whose numbers; `count` needs none. */
  readonly field?: string;
  readonly groupBy?: string | readonly string[];
}

/** A query without code. Order of work: filter, then aggregate, or else sort, offset, limit, fields. */
export interface QueryDefinition {
  readonly bucket: string;
  /** A text that is exactly `{{ params.name }}` stands for that parameter. */
  readonly filter?: Readonly<Record<string, unknown>>;
  readonly sort?: Readonly<Record<string, 'asc' | 'desc'>>;
  readonly offset?: number;
  readonly limit?: number;
  readonly fields?: readonly string[];
  readonly aggregate?: Aggregate;
}
