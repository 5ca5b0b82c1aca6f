import type { App } from '../core/app.ts';
import type { BucketDefinition } from '../core/bucket-definition.ts';
import { type Expression, ex } from '../core/expression.ts';
import { definedBuckets, keys } from '../core/keys.ts';
import { own } from '../core/own.ts';
import type { Ports } from '../core/ports.ts';
import type { Item, Key, Table } from '../core/table.ts';
import { arrangementOf, type Bucket, indexesOf, referencesOf } from './bucket.ts';
import { uniqueFields } from './definition.ts';
import { isTooLong } from './definition-check.ts';
import { noBucket } from './refusals.ts';

/**
 * Items of buckets: the definition of those defined at run time, and for every bucket the current generation of rows
 * and their index layout. They are read for every operation, so that a change is in effect everywhere at once. Buckets
 * in code have an item from their first write on.
 */

/** The contents of a bucket's item. */
export interface Kept {
  /** Revision of the whole item; a change fails if it is no longer this one. */
  readonly revision: number;
  readonly generation: number;
  /** JSON; undefined: it is declared in code, or was dropped. */
  readonly definition: string | undefined;
  /** The generation in which it was defined, which distinguishes it from an earlier bucket of the same name. */
  readonly definedAt: number | undefined;
  /** The fields in the indexes of all rows. */
  readonly layout: readonly string[];
  readonly shards: number;
  readonly isCounted: boolean;
  /** The index fields of newly written rows; absent: the same as `layout`. */
  readonly indexing: readonly string[] | undefined;
  /** When the code's definition was last applied: milliseconds since 1970. */
  readonly arrangedAt: number | undefined;
  /** Unique fields whose values all have an item; absent: all unique fields. */
  readonly claimed: readonly string[] | undefined;
  /** Fields that became unique while rows existed: some of their values have no item yet. */
  readonly claiming: readonly string[] | undefined;
  /** Buckets defined at run time that refer to it. */
  readonly referencedBy: ReadonlySet<string> | undefined;
}

/** @throws Failure `bucket_not_defined` */
export async function bucketNamed({ table, app }: Pick<Ports, 'table' | 'app'>, name: string): Promise<Bucket> {
  if (isTooLong(name)) throw noBucket(name);
  return bucketFrom(app, name, await table.get(keys.bucket(name)));
}

/**
 * @param item the bucket's item in the table
 * @throws Failure `bucket_not_defined`
 */
export const bucketFrom = (app: App, name: string, item: Item | undefined): Bucket =>
  bucketOf(app, name, item && keptIn(item));

/** @throws Failure `bucket_not_defined` */
export function bucketOf(app: App, name: string, noted: Kept | undefined): Bucket {
  const definition = definitionOf(app, name, noted?.definition);
  if (!definition) throw noBucket(name);
  const wanted = indexesOf(definition);
  // Without an item there are no rows.
  const kept = noted ?? { ...nothingKept, ...arrangementOf(definition) };
  const indexed = kept.indexing ?? kept.layout;
  const unique = uniqueFields(definition);
  const { claimed = unique, claiming = [] } = kept;
  return {
    name,
    definition,
    generation: kept.generation,
    definedAt: codedBucket(app, name) ? undefined : (kept.definedAt ?? 0),
    shards: kept.shards,
    isCounted: kept.isCounted,
    isNoted: noted !== undefined,
    revision: kept.revision,
    indexed,
    searchable: new Set(indexed.filter((field, at) => kept.layout[at] === field)),
    isBehind: wanted.some((field) => !indexed.includes(field)) || !isSameSet(unique, [...claimed, ...claiming]),
    arrangedAt: kept.arrangedAt,
    uniqueFields: unique,
    references: referencesOf(definition),
    referencedBy: [...new Set([...referringInCode(app, name), ...(kept.referencedBy ?? [])])],
  };
}

export async function readKept(table: Table, name: string): Promise<Kept> {
  const item = isTooLong(name) ? undefined : await table.get(keys.bucket(name));
  return item ? keptIn(item) : nothingKept;
}

/** The item of a bucket after a change, marked for the readers of the table's stream. */
export function itemOfBucket(name: string, kept: Kept): Key & Item {
  return { ...keys.bucket(name), ...kept, revision: kept.revision + 1, derives: 'store' };
}

/** The condition that the item has not changed since it was read. */
export const isAsRead = ({ revision }: Pick<Kept, 'revision'>): Expression =>
  revision === 0 ? ex`attribute_not_exists(revision)` : ex`revision = ${revision}`;

/** Stores how the rows of a bucket in code are laid out, before its first row is written. */
export async function noteLayout(table: Table, { name, generation, definition }: Bucket): Promise<void> {
  const item = { ...keys.bucket(name), generation, ...arrangementOf(definition), revision: 1 };
  await table.put(item, ex`attribute_not_exists(pk)`);
}

/** The names of all buckets: first those in code, then those defined at run time. */
export async function bucketNames({ table, app }: Pick<Ports, 'table' | 'app'>): Promise<string[]> {
  const defined = await table.query({ pk: definedBuckets, only: ['sk'] });
  return [...new Set([...Object.keys(app.buckets ?? {}), ...defined.map(({ sk }) => String(sk))])];
}

export const bucketKey = (name: string): Key => keys.bucket(name);

/** @param kept the definition that its item has */
export function definitionOf(app: App, name: string, kept: string | undefined): BucketDefinition | undefined {
  // Checked when it was defined.
  return codedBucket(app, name) ?? (kept === undefined ? undefined : (JSON.parse(kept) as BucketDefinition));
}

export function codedBucket({ buckets = {} }: App, name: string): BucketDefinition | undefined {
  return own(buckets, name) as BucketDefinition | undefined; // every own property is a bucket
}

function referringInCode({ buckets = {} }: App, name: string): string[] {
  return Object.keys(buckets).filter((other) =>
    referencesOf(buckets[other] ?? { schema: {} }).some(({ bucket }) => bucket === name),
  );
}

const nothingKept: Kept = {
  revision: 0,
  generation: 0,
  definition: undefined,
  definedAt: undefined,
  layout: [],
  shards: 1,
  isCounted: false,
  indexing: undefined,
  arrangedAt: undefined,
  claimed: undefined,
  claiming: undefined,
  referencedBy: undefined,
};

export function keptIn(item: Item): Kept {
  const { revision, generation, definition, layout, shards, isCounted } = item;
  const { definedAt, indexing, arrangedAt, claimed, claiming, referencedBy } = item;
  return {
    revision: Number(revision ?? 0),
    generation: Number(generation ?? 0),
    definition: typeof definition === 'string' ? definition : undefined,
    definedAt: typeof definedAt === 'number' ? definedAt : undefined,
    layout: textsIn(layout) ?? [],
    shards: Number(shards ?? 1),
    isCounted: isCounted === true,
    indexing: textsIn(indexing),
    arrangedAt: typeof arrangedAt === 'number' ? arrangedAt : undefined,
    claimed: textsIn(claimed),
    claiming: textsIn(claiming),
    referencedBy: referencedBy instanceof Set ? new Set([...referencedBy].map(String)) : undefined,
  };
}

const textsIn = (list: unknown): string[] | undefined => (Array.isArray(list) ? list.map(String) : undefined);

const isSameSet = (some: readonly string[], others: readonly string[]): boolean =>
  some.length === others.length && some.every((one) => others.includes(one));
