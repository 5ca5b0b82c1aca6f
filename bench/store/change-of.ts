import app from '../../app/app.config.ts';
import { marshalItem } from '../../functions/adapters/dynamodb-json.ts';
import type { StreamRecord } from '../../functions/core/stream-reader.ts';
import type { Table } from '../../functions/core/table.ts';
import { bucketNamed } from '../../functions/store/bucket-store.ts';
import type { RecordKey } from '../../functions/store/key-text.ts';
import { rowKey } from '../../functions/store/row-store.ts';

/** The last change of a record as the table's stream reports it, as if it had just been made. */
export async function changeOf(table: Table, name: string, key: RecordKey): Promise<StreamRecord> {
  const place = rowKey(await bucketNamed({ table, app }, name), key);
  const item = await table.get(place);
  if (!item) throw new Error(`There is no record ${key} in ${name}.`);
  return {
    eventName: 'INSERT',
    dynamodb: { SequenceNumber: '1', Keys: marshalItem({ ...place }), NewImage: marshalItem(item) },
  };
}
