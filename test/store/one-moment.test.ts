import { afterEach, expect, it } from '@jest/globals';
import type { Ports } from '../../functions/core/ports.ts';
import type { Table } from '../../functions/core/table.ts';
import { noexWorld } from '../support/noex.ts';

const world = await noexWorld({
  buckets: { notes: { key: 'id', schema: { id: { type: 'string' } } } },
});
const client = await world.connect();
afterEach(() => expect(world.errors).toEqual([]));
const bucket = 'notes';

/** The same process, but of several records it reads one, then something happens, then it reads the others. */
function interrupted(happens: () => Promise<unknown>): Ports {
  const { table, connections } = world.ports;
  let isDone = false;
  const batchGet: Table['batchGet'] = async (keys) => {
    if (isDone) return table.batchGet(keys);
    isDone = true;
    const isFirst = ({ sk }: { sk: string }) => sk === 's:a';
    const items = await table.batchGet(keys.filter(isFirst));
    await happens();
    return [...items, ...(await table.batchGet(keys.filter((key) => !isFirst(key))))];
  };
  // Whatever was read along with the connection is too old by now.
  const readAhead: Table['batchGet'] = async (keys) => {
    const items = await connections.batchGet(keys);
    world.advance(200);
    return items;
  };
  return Object.create(world.ports, {
    table: { value: Object.assign(Object.create(table), { batchGet }) },
    connections: { value: Object.assign(Object.create(connections), { batchGet: readAhead }) },
  });
}

it('a transaction fails for what was so in one moment', async () => {
  await client.get('store.insert', { bucket, data: { id: 'a' } });
  const operations = [
    { op: 'update', bucket, key: 'a', data: { x: 1 }, expectedVersion: 1 },
    { op: 'insert', bucket, data: { id: 'b' } },
  ];
  // Never was `a` at version 1 while there was a `b`.
  const as = interrupted(async () => {
    await client.get('store.update', { bucket, key: 'a', data: {} });
    await client.get('store.insert', { bucket, data: { id: 'b' } });
  });
  await world.direct(client.socket, JSON.stringify({ id: 0, type: 'store.transaction', operations }), as);
  expect(client.frames().at(-1)).toMatchObject({ id: 0, code: 'CONFLICT', details: { key: 'a', actualVersion: 2 } });
});
