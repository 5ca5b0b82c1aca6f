import type { Change } from '../core/changes.ts';
import { part } from '../core/keys.ts';
import type { Item } from '../core/table.ts';
import type { Bucket } from './bucket.ts';
import { indexText, keyText, type RecordKey } from './key-text.ts';
import { indexEntries, type Row } from './row-store.ts';

/**
 * Names of what a query may depend on: a record by its key, the records with a value in an indexed field, all records
 * of a bucket; and the bucket itself, for what changes all of it at once. A change of a record touches all of these
 * that the record belonged to before or after it. They can be computed from the row in the table.
 */

export const allOf = (bucket: string): string => `${part(bucket)}#all`;
export const bucketItself = (bucket: string): string => `${part(bucket)}#itself`;
export const queryItself = (query: string): string => `#query#${query}`;
export const recordAt = (bucket: string, key: RecordKey): string => rowNamed(bucket, keyText(key));

/** Undefined for a value by which no record can be found. */
export function recordsWith({ name, indexed }: Bucket, field: string, value: unknown): string | undefined {
  const text = indexText(value);
  return text === undefined ? undefined : entryNamed(name, `l${indexed.indexOf(field) + 1}`, text);
}

/** Everything that a row's insertion, deletion or change touches, from its items before and after. */
export function touchedBy(bucket: string, rows: readonly Item[]): string[] {
  const touched = rows.flatMap((row) => [
    rowNamed(bucket, String(row.sk)),
    ...indexAttributes.flatMap((attribute) => {
      const entry = row[attribute];
      return typeof entry === 'string' ? entryNamed(bucket, attribute, entry.slice(0, entry.lastIndexOf('#'))) : [];
    }),
  ]);
  return [...new Set([allOf(bucket), ...touched])];
}

/** The change of a row, from the data of its writer. */
export function rowChange(bucket: Bucket, before: Row | undefined, after: Row | undefined): Change {
  const items = [before, after].flatMap((row) =>
    row ? { sk: keyText(row.key), ...indexEntries(bucket, row.record, row.place) } : [],
  );
  return { touches: touchedBy(bucket.name, items), mark: markOf(before?.tag, after?.tag) };
}

/** Each state of a row has its own tag; a deletion is named after the last one. */
export const markOf = (before: string | undefined, after: string | undefined): string => after ?? `end:${before}`;

/** A bucket is cleared, dropped, defined or redefined. */
export function bucketChange(bucket: string, generation: number): Change {
  return { touches: [allOf(bucket), bucketItself(bucket)], mark: `bucket:${generation}:${bucket}` };
}

/** A query is defined or removed. */
export const queryChange = (query: string): Change => ({ touches: [queryItself(query)], mark: `query:${query}` });

const indexAttributes = ['l1', 'l2', 'l3', 'l4'];
const rowNamed = (bucket: string, text: string): string => `${part(bucket)}#row#${text}`;
const entryNamed = (bucket: string, attribute: string, text: string): string => `${part(bucket)}#${attribute}#${text}`;
