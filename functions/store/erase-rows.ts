import { together } from '../core/concurrently.ts';
import { keys, rowsIn, sizesOf } from '../core/keys.ts';
import { own } from '../core/own.ts';
import type { Ports } from '../core/ports.ts';
import type { Fields } from './filter.ts';
import { uniqueText } from './key-text.ts';

/** The body of a job of the fan-out function: rows that a bucket has cleared, in one of its shards. */
export interface EraseRowsBody {
  readonly bucket: string;
  readonly generation: number;
  readonly shard: number;
  readonly uniqueFields: readonly string[];
}

const pageRows = 500;
const atOnce = 25;

/**
 * Deletes one page of rows of an old generation, which no reader sees, with their unique values, and queues the next
 * page. It may be interrupted anywhere and repeated.
 */
export async function eraseRows(ports: Ports, body: EraseRowsBody): Promise<void> {
  const { table } = ports;
  const { bucket, generation, shard } = body;
  const pk = rowsIn(bucket, generation, shard);
  const rows = await table.query({ pk, limit: pageRows, only: ['sk', 'body'] });
  for (let start = 0; start < rows.length; start += atOnce) {
    await together(
      rows.slice(start, start + atOnce).map(async ({ sk, body: text }) => {
        const record: Fields = JSON.parse(String(text));
        for (const field of body.uniqueFields) {
          const value = uniqueText(own(record, field));
          if (value !== undefined) await table.delete(keys.unique(bucket, generation, field, value));
        }
        await table.delete({ pk, sk: String(sk) });
      }),
    );
  }
  if (rows.length === pageRows) return askToEraseRows(ports, [body]);
  for (const { sk } of await table.query({ pk: sizesOf(bucket, generation), only: ['sk'] })) {
    await table.delete({ pk: sizesOf(bucket, generation), sk: String(sk) });
  }
}

export async function askToEraseRows(
  { fanOut, ids }: Pick<Ports, 'fanOut' | 'ids'>,
  bodies: readonly EraseRowsBody[],
): Promise<void> {
  await fanOut.send(bodies.map((body) => ({ kind: 'erase-rows', group: `rows:${ids.uuid()}`, id: ids.uuid(), body })));
}
