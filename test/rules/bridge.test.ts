import { afterEach, describe, expect, it } from '@jest/globals';
import { marshalItem } from '../../functions/adapters/dynamodb-json.ts';
import { rowsIn } from '../../functions/core/keys.ts';
import type { StreamRecord } from '../../functions/core/stream-reader.ts';
import type { Item } from '../../functions/core/table.ts';
import { bridgedBuckets } from '../../functions/rules/bridge.ts';
import { emits, eventsOf, ruleNamed, rulesWorld, topicsOf } from '../support/rules.ts';

const schema = { id: { type: 'string' }, stock: { type: 'number' }, text: { type: 'string' } } as const;
const world = await rulesWorld(
  {
    bridge: ['products'],
    definitions: [
      ruleNamed('sold-out', {
        trigger: { type: 'event', topic: 'bucket.products.updated' },
        conditions: [{ source: { type: 'event', field: 'newRecord.stock' }, operator: 'eq', value: 0 }],
        actions: [emits('sold.out', { key: { ref: 'event.key' } })],
      }),
    ],
  },
  { buckets: { products: { key: 'id', schema }, others: { key: 'id', schema } } },
);
const client = await world.connect();
afterEach(() => expect(world.errors).toEqual([]));

let rows = new Map<string, Item>();
let told = 0;

/** What the table's stream tells of the rows of a bucket since it was asked last, each change so many times. */
async function streamed(bucket: string, { times = 1 } = {}): Promise<void> {
  const found = [0, 1].map((each) => world.ports.table.query({ pk: rowsIn(bucket, each) }));
  const now = new Map((await Promise.all(found)).flat().map((row) => [`${row.pk} ${row.sk}`, row]));
  for (const id of new Set([...rows.keys(), ...now.keys()])) {
    const [before, after] = [rows.get(id), now.get(id)];
    if (JSON.stringify(before) === JSON.stringify(after) || !String((after ?? before)?.pk).includes(bucket)) continue;
    const { pk, sk } = after ?? before ?? {};
    const record: StreamRecord = {
      eventName: before === undefined ? 'INSERT' : after === undefined ? 'REMOVE' : 'MODIFY',
      dynamodb: {
        SequenceNumber: String(++told),
        Keys: marshalItem({ pk, sk }),
        ...(before ? { OldImage: marshalItem(before) } : {}),
        ...(after ? { NewImage: marshalItem(after) } : {}),
      },
    };
    expect(bridgedBuckets.reads(record)).toBe(true);
    for (let time = 0; time < times; time++) await bridgedBuckets.read(world.ports, record);
  }
  rows = now;
  await world.settled();
}

const write = async (type: string, fields: object, options = {}) => {
  const answer = await client.get(`store.${type}`, { bucket: 'products', ...fields });
  await streamed('products', options);
  return answer;
};

describe('a bucket that is bridged', () => {
  it('tells of every change, once, and rules run on it', async () => {
    const listener = await world.listener('bucket.*', 'sold.out');
    const inserted = await write('insert', { data: { id: 'a', stock: 1 } }, { times: 2 });
    const updated = await write('update', { key: 'a', data: { stock: 0 } });
    await write('delete', { key: 'a' });
    const about = { bucket: 'products', key: 'a' };
    expect(eventsOf(listener).map(({ topic, data, source }) => [topic, source, data])).toEqual([
      ['bucket.products.inserted', 'api', { ...about, type: 'inserted', record: inserted }],
      ['bucket.products.updated', 'api', { ...about, type: 'updated', oldRecord: inserted, newRecord: updated }],
      ['sold.out', 'rule', { key: 'a' }],
      ['bucket.products.deleted', 'api', { ...about, type: 'deleted', record: updated }],
    ]);
  });

  it('calls a record new that was deleted and inserted in one moment', async () => {
    await write('insert', { data: { id: 'b' } });
    const listener = await world.listener('bucket.*');
    const operations = [
      { op: 'delete', bucket: 'products', key: 'b' },
      { op: 'insert', bucket: 'products', data: { id: 'b', stock: 3 } },
    ];
    await write('transaction', { operations });
    expect(topicsOf(listener)).toEqual(['bucket.products.inserted']);
  });

  it('says nothing of what is too large for a push, nor of rows that are erased because it was cleared', async () => {
    const listener = await world.listener('bucket.*');
    await write('insert', { data: { id: 'large', text: 'x'.repeat(70_000) } });
    await write('update', { key: 'large', data: { stock: 1 } });
    await client.get('store.clear', { bucket: 'products' });
    rows = new Map([...rows].filter(([, row]) => row.pk === rowsIn('products', 0)));
    for (const row of rows.values()) await world.ports.table.delete({ pk: String(row.pk), sk: String(row.sk) });
    await streamed('products');
    expect(topicsOf(listener)).toEqual(['bucket.products.inserted']);
  });
});

it('a bucket that is not bridged says nothing', async () => {
  const listener = await world.listener('bucket.*');
  await client.get('store.insert', { bucket: 'others', data: { id: 'a' } });
  rows = new Map();
  await streamed('others');
  expect(eventsOf(listener)).toEqual([]);
});
