import type { BucketDefinition, OnDelete } from '../core/bucket-definition.ts';
import { indexedFields } from './definition.ts';

/** A bucket as an operation finds it: what it is, and which of its rows count. */
export interface Bucket {
  readonly name: string;
  readonly definition: BucketDefinition;
  /** Rows of other generations have been cleared away. */
  readonly generation: number;
  /** Declared in code: nobody may change it at run time. */
  readonly isCoded: boolean;
  /** The table has an item of it. */
  readonly isNoted: boolean;
  /** Fields that have an index, in the order of the indexes. */
  readonly indexed: readonly string[];
  /** Of these, the fields whose index holds every row; the others are being rebuilt. */
  readonly searchable: ReadonlySet<string>;
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

/** Fields that get an index. */
export const indexesOf = (definition: BucketDefinition): string[] => indexedFields(definition).slice(0, mostIndexes);

export function referencesOf({ schema }: Pick<BucketDefinition, 'schema'>): Reference[] {
  return Object.entries(schema).flatMap(([field, { ref, onDelete = 'restrict' }]) =>
    ref === undefined ? [] : [{ field, bucket: ref, onDelete }],
  );
}
