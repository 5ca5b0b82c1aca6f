import { bucketIn } from '../core/keys.ts';
import type { Ports } from '../core/ports.ts';
import type { StreamReader, StreamRecord } from '../core/stream-reader.ts';
import { keyIn, textIn } from '../core/stream-reader.ts';
import { definitionOf } from './bucket-store.ts';
import { uniqueFields } from './definition.ts';
import { askToEraseRows } from './erase-rows.ts';

/** Queues the erasure of the rows of a bucket's old generation. */
export const clearedBuckets: StreamReader = {
  reads: (record) => clearedIn(record) !== undefined,
  async read(ports: Ports, record) {
    const cleared = clearedIn(record);
    if (!cleared) return;
    const definition = definitionOf(ports.app, cleared.bucket, textIn(record.dynamodb.OldImage, 'definition'));
    const { OldImage = {} } = record.dynamodb;
    const shards = Math.max(1, numberIn(OldImage, 'shards'));
    const rows = { ...cleared, uniqueFields: definition ? uniqueFields(definition) : [] };
    await askToEraseRows(
      ports,
      Array.from({ length: shards }, (_, shard) => ({ ...rows, shard })),
    );
  },
};

/** The bucket and generation that a change has ended. */
function clearedIn(record: StreamRecord): { readonly bucket: string; readonly generation: number } | undefined {
  const key = keyIn(record);
  const bucket = key && bucketIn(key);
  const { OldImage, NewImage } = record.dynamodb;
  if (bucket === undefined || !OldImage || !NewImage) return undefined;
  const generation = numberIn(OldImage, 'generation');
  return generation < numberIn(NewImage, 'generation') ? { bucket, generation } : undefined;
}

function numberIn(image: Readonly<Record<string, unknown>>, attribute: string): number {
  const value = image[attribute];
  const isNumber = typeof value === 'object' && value !== null && 'N' in value;
  return isNumber ? Number(value.N) : 0;
}
