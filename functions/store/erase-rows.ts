import { keys, rowsIn } from '../core/keys.ts';
import { own } from '../core/own.ts';
import type { Ports } from '../core/ports.ts';
import type { Fields } from './filter.ts';
import { uniqueText } from './key-text.ts';

/** Rows that a bucket has cleared away; job of the fan-out function. */
export interface EraseRowsBody {
  readonly bucket: string;
  readonly generation: number;
  readonly uniqueFields: readonly string[];
}

const pageRows = 500;
const atOnce = 25;

/**
 * Deletes the rows of a generation that nobody reads any more, with their unique values: a page, and asks for the next. May
 * be cut short anywhere, and done again.
 */
export async function eraseRows(ports: Ports, body: EraseRowsBody): Promise<void> {
  const { table } = ports;
  const { bucket, generation } = body;
  const rows = await table.query({ pk: rowsIn(bucket, generation), limit: pageRows, only: ['pk', 'sk', 'body'] });
  for (let start = 0; start < rows.length; start += atOnce) {
    await Promise.all(
      rows.slice(start, start + atOnce).map(async ({ pk, sk, body: text }) => {
        const record: Fields = JSON.parse(String(text));
        for (const field of body.uniqueFields) {
          const value = uniqueText(own(record, field));
          if (value !== undefined) await table.delete(keys.unique(bucket, generation, field, value));
        }
        await table.delete({ pk: String(pk), sk: String(sk) });
      }),
    );
  }
  if (rows.length === pageRows) await askToEraseRows(ports, body);
  else await table.delete(keys.size(bucket, generation));
}

export async function askToEraseRows(
  { fanOut, ids }: Pick<Ports, 'fanOut' | 'ids'>,
  body: EraseRowsBody,
): Promise<void> {
  await fanOut.send([{ kind: 'erase-rows', group: `rows:${ids.uuid()}`, id: ids.uuid(), body }]);
}
