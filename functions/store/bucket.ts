import type { BucketDefinition, OnDelete } from '../core/bucket-definition.ts';
import { indexedFields, uniqueFields } from './definition.ts';

/** A bucket as an operation reads it: its definition and its current generation of rows. */
export interface Bucket {
  readonly name: string;
  readonly definition: BucketDefinition;
  /** Rows of other generations were cleared. */
  readonly generation: number;
  /**
   * Distinguishes it from an earlier bucket of the same name; undefined for buckets in code, which cannot be dropped.
   */
  readonly definedAt: number | undefined;
  /** The number of partitions with its rows. */
  readonly shards: number;
  /** Whether inserts and deletions of all its rows were counted. */
  readonly isCounted: boolean;
  /** Whether the table has its item. */
  readonly isNoted: boolean;
  /** Changes with every change of these fields. */
  readonly revision: number;
  /** Fields in the indexes of new rows, in the order of the indexes. */
  readonly indexed: readonly string[];
  /** Of these, the fields whose index holds every row; the others are being rebuilt. */
  readonly searchable: ReadonlySet<string>;
  /** Whether its definition has indexes or unique fields that existing rows do not follow. */
  readonly isBehind: boolean;
  /** When rows were last migrated after a change of the code: milliseconds since 1970. */
  readonly arrangedAt: number | undefined;
  readonly uniqueFields: readonly string[];
  readonly references: readonly Reference[];
  /** Buckets whose records may refer to this one's. */
  readonly referencedBy: readonly string[];
}

/** A field that holds the key of another bucket's record. */
export interface Reference {
  readonly field: string;
  readonly bucket: string;
  readonly onDelete: OnDelete;
}

/** The table has four local indexes beside the one by time. */
const mostIndexes = 4;

/**
 * The arrangement for a bucket without rows. Rows with a lifetime cannot be counted, because nobody counts their
 * expiry.
 */
export const arrangementOf = (definition: BucketDefinition) => ({
  layout: indexesOf(definition),
  shards: definition.shards ?? 1,
  isCounted: definition.counted === true && definition.ttl === undefined,
  claimed: uniqueFields(definition),
});

/** Fields that should have an index. */
export const indexesOf = (definition: BucketDefinition): string[] => indexedFields(definition).slice(0, mostIndexes);

/**
 * The new index layout of a bucket: fields keep their index, so that it need not be rebuilt. A new field takes the
 * index of one that is no longer needed, or the next free one.
 */
export function rearranged(indexed: readonly string[], wanted: readonly string[]): string[] {
  const arranged = [...indexed];
  for (const field of wanted.filter((one) => !indexed.includes(one))) {
    const free = arranged.findIndex((one) => !wanted.includes(one));
    if (free >= 0) arranged[free] = field;
    else arranged.push(field);
  }
  return arranged;
}

export function referencesOf({ schema }: Pick<BucketDefinition, 'schema'>): Reference[] {
  return Object.entries(schema).flatMap(([field, { ref, onDelete = 'restrict' }]) =>
    ref === undefined ? [] : [{ field, bucket: ref, onDelete }],
  );
}
