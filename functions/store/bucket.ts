import type { BucketDefinition, OnDelete } from '../core/bucket-definition.ts';
import { indexedFields, uniqueFields } from './definition.ts';

/** A bucket as an operation finds it: what it is, and which of its rows count. */
export interface Bucket {
  readonly name: string;
  readonly definition: BucketDefinition;
  /** Rows of other generations have been cleared away. */
  readonly generation: number;
  /** Tells it from one of the same name before it; undefined for those in code, which nobody can drop. */
  readonly definedAt: number | undefined;
  /** Over how many partitions its rows are spread. */
  readonly shards: number;
  /** All of its rows have been counted as they came and went. */
  readonly isCounted: boolean;
  /** The table has an item of it. */
  readonly isNoted: boolean;
  /** Another one whenever anything of this has changed. */
  readonly revision: number;
  /** Fields that rows are put into indexes by, in the order of the indexes. */
  readonly indexed: readonly string[];
  /** Of these, the fields whose index holds every row; the others are being rebuilt. */
  readonly searchable: ReadonlySet<string>;
  /** Its definition asks for indexes or unique values that rows were not written with. */
  readonly isBehind: boolean;
  /** When that was last put right because code had changed: milliseconds since 1970. */
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

/** How a bucket without rows will keep its own. Of what may expire nobody would count that it goes. */
export const arrangementOf = (definition: BucketDefinition) => ({
  layout: indexesOf(definition),
  shards: definition.shards ?? 1,
  isCounted: definition.counted === true && definition.ttl === undefined,
  claimed: uniqueFields(definition),
});

/** Fields that should have an index. */
export const indexesOf = (definition: BucketDefinition): string[] => indexedFields(definition).slice(0, mostIndexes);

/**
 * The indexes of a bucket that should have others: each field keeps its place, so that what has been built stays of use, and
 * a new one takes the place of one that nobody wants any more, or the next.
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
