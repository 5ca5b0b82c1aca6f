import type { Change } from '../core/changes.ts';
import { bucketIn, keys, queryIn, rowIn } from '../core/keys.ts';
import type { Ports } from '../core/ports.ts';
import type { StreamRecord } from '../core/stream-reader.ts';
import { keyIn, textIn } from '../core/stream-reader.ts';
import type { Item } from '../core/table.ts';
import { bucketChange, markOf, queryChange, touchedBy } from './touches.ts';

/** Whether a change of the table is one of a bucket, of its rows, or of a query. */
export function isOfStore(record: StreamRecord): boolean {
  const key = keyIn(record);
  return key !== undefined && (rowIn(key) ?? bucketIn(key) ?? queryIn(key)) !== undefined;
}

/** Converts changes of the table to changes of buckets. */
export async function changesIn({ table }: Pick<Ports, 'table'>, records: readonly StreamRecord[]): Promise<Change[]> {
  const found = records.flatMap((record) => changeIn(record) ?? []);
  const buckets = new Set(found.flatMap(({ row }) => row?.bucket ?? []));
  const items = await table.batchGet([...buckets].map(keys.bucket));
  const current = new Map(
    items.map(({ pk, sk, generation }) => [bucketIn({ pk: String(pk), sk: String(sk) }), generation]),
  );
  // Rows of an old generation are being erased, and no reader sees them.
  return found.filter(({ row }) => !row || row.generation === Number(current.get(row.bucket) ?? row.generation));
}

interface Found extends Change {
  readonly row?: { readonly bucket: string; readonly generation: number };
}

function changeIn(record: StreamRecord): Found | undefined {
  const key = keyIn(record);
  if (!key) return undefined;
  const row = rowIn(key);
  if (row) return rowChangeIn(record, key.sk, row);
  const { OldImage, NewImage, SequenceNumber } = record.dynamodb;
  const query = queryIn(key);
  if (query !== undefined) return { ...queryChange(query), mark: SequenceNumber };
  const bucket = bucketIn(key);
  if (bucket === undefined) return undefined;
  const change = bucketChange(bucket, numberIn(NewImage, 'generation'));
  const isCleared = numberIn(OldImage, 'generation') < numberIn(NewImage, 'generation');
  return isCleared ? change : { ...change, mark: SequenceNumber };
}

function rowChangeIn({ dynamodb }: StreamRecord, sk: string, row: NonNullable<Found['row']>): Found | undefined {
  const { OldImage, NewImage } = dynamodb;
  const [before, after] = [textIn(OldImage, 'body'), textIn(NewImage, 'body')];
  // Only its tag has changed, because another record refers to it.
  if (before === after) return undefined;
  const images = [OldImage, NewImage].filter((image) => image !== undefined);
  const mark = markOf(textIn(OldImage, 'tag'), textIn(NewImage, 'tag'));
  return {
    touches: touchedBy(
      row.bucket,
      images.map((image) => itemIn(image, sk)),
    ),
    mark,
    row,
  };
}

/** The parts of a row that determine what it touches. */
function itemIn(image: Readonly<Record<string, unknown>>, sk: string): Item {
  return { sk, ...Object.fromEntries(['l1', 'l2', 'l3', 'l4'].map((name) => [name, textIn(image, name)])) };
}

function numberIn(image: Readonly<Record<string, unknown>> | undefined, name: string): number {
  const value = image?.[name];
  return typeof value === 'object' && value !== null && 'N' in value ? Number(value.N) : 0;
}
