import type { App } from '../core/app.ts';
import type { BucketDefinition } from '../core/bucket-definition.ts';
import { ex } from '../core/expression.ts';
import { definedBuckets, keys } from '../core/keys.ts';
import { own } from '../core/own.ts';
import type { Ports } from '../core/ports.ts';
import type { Item, Key, Table } from '../core/table.ts';
import { type Bucket, indexesOf, referencesOf } from './bucket.ts';
import { uniqueFields } from './definition.ts';
import { noBucket } from './refusals.ts';

/**
 * Buckets as the table knows them: the definition of those that were defined at run time, and of every bucket which
 * generation of rows counts and what their indexes hold. Read anew for every operation, so that a change holds at once
 * everywhere; those in code have an item from their first write on.
 */

/** What an item says of a bucket. */
interface Kept {
  readonly generation: number;
  /** JSON; undefined: it is declared in code, or was dropped. */
  readonly definition: string | undefined;
  /** The fields that the indexes of all rows hold. */
  readonly layout: readonly string[];
  /** Buckets defined at run time that refer to it. */
  readonly referencedBy: readonly string[];
}

/** @throws Failure `bucket_not_defined` */
export async function bucketNamed({ table, app }: Pick<Ports, 'table' | 'app'>, name: string): Promise<Bucket> {
  return bucketFrom(app, name, await table.get(keys.bucket(name)));
}

/** @param item what the table has of it */
export function bucketFrom(app: App, name: string, item: Item | undefined): Bucket {
  const kept = keptIn(item);
  const coded = codedBucket(app, name);
  const definition = definitionOf(app, name, kept?.definition);
  if (!definition) throw noBucket(name);
  const indexed = indexesOf(definition);
  return {
    name,
    definition,
    generation: kept?.generation ?? 0,
    isCoded: coded !== undefined,
    isNoted: kept !== undefined,
    indexed,
    // Without an item there are no rows.
    searchable: new Set(indexed.filter((field, at) => !kept || kept.layout[at] === field)),
    uniqueFields: uniqueFields(definition),
    references: referencesOf(definition),
    referencedBy: [...new Set([...referringInCode(app, name), ...(kept?.referencedBy ?? [])])],
  };
}

/** Notes, before its first row is written, what the indexes of a bucket in code hold. */
export async function noteLayout(table: Table, bucket: Bucket): Promise<void> {
  await table.put(
    { ...keys.bucket(bucket.name), generation: bucket.generation, layout: bucket.indexed },
    ex`attribute_not_exists(pk)`,
  );
}

/** Begins a new generation: what was there is gone at once. */
export async function beginGeneration(table: Table, { name, indexed }: Bucket): Promise<void> {
  await table.update(keys.bucket(name), ex`SET layout = ${indexed}, derives = ${'store'} ADD generation ${1}`);
}

/** All there are: first those in code, then those that were defined at run time. */
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
  return own(buckets, name) as BucketDefinition | undefined; // whatever is its own is one
}

function referringInCode({ buckets = {} }: App, name: string): string[] {
  return Object.keys(buckets).filter((other) =>
    referencesOf(buckets[other] ?? { schema: {} }).some(({ bucket }) => bucket === name),
  );
}

function keptIn(item: Item | undefined): Kept | undefined {
  if (!item) return undefined;
  const { generation, definition, layout, referencedBy } = item;
  return {
    generation: Number(generation ?? 0),
    definition: typeof definition === 'string' ? definition : undefined,
    layout: Array.isArray(layout) ? layout.map(String) : [],
    referencedBy: referencedBy instanceof Set ? [...referencedBy].map(String) : [],
  };
}
