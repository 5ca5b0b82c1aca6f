import { beforeAll, describe, expect, it } from '@jest/globals';
import type { StreamRecord } from '../../functions/core/stream-reader.ts';
import { looseBlobs } from '../../functions/stream/loose-blobs.ts';
import { recordCalls } from '../support/record-calls.ts';
import type { SignedIn, World } from '../support/world.ts';
import { makeWorld } from '../support/world.ts';

let world: World;
let owner: SignedIn;
beforeAll(async () => {
  world = await makeWorld();
  owner = await world.signIn('owner@example.com');
});
const { call, made } = recordCalls(() => world);
const big = (letter: string) => letter.repeat(400_000);
const write = (recordKey: string, address: string, data: unknown) =>
  call('recordData', owner, { recordKey, address, data });
const looseRows = async () => {
  const names = [...world.blobs.texts.keys()].map((name) => ({ pk: `LOOSE#${name}`, sk: 'LOOSE' }));
  return world.ports.table.batchGet(names);
};

describe('a value that is too large for an item', () => {
  it('is kept, replaced and erased like any other, and leaves nothing behind', async () => {
    const recordName = await made(owner);
    const place = { recordName, address: 'a' };
    for (const letter of ['x', 'y']) {
      expect(await write(recordName, 'a', big(letter))).toMatchObject({ status: 200 });
      expect((await call('getData', owner, place)).data).toBe(big(letter));
      expect([...world.blobs.texts.values()]).toEqual([JSON.stringify(big(letter))]);
    }
    await write(recordName, 'a', 'small');
    expect((await call('getData', owner, place)).data).toBe('small');
    expect(world.blobs.texts.size).toBe(0);
    await write(recordName, 'a', big('z'));
    await call('eraseData', owner, { recordKey: recordName, address: 'a' });
    expect(world.blobs.texts.size).toBe(0);
  });

  it('is what a reader gets who comes while it is replaced', async () => {
    const recordName = await made(owner);
    await write(recordName, 'a', big('x'));
    const [, ...read] = await Promise.all([
      write(recordName, 'a', big('y')),
      ...Array.from({ length: 5 }, () => call('getData', owner, { recordName, address: 'a' })),
    ]);
    for (const { data } of read) expect(['x', 'y']).toContain(data[0]);
    await call('eraseData', owner, { recordKey: recordName, address: 'a' });
  });

  it('ends a page early rather than fail, and the next page goes on', async () => {
    const recordName = await made(owner);
    // Every quote is escaped twice on its way out.
    const data = '"'.repeat(499_000);
    for (const address of ['a', 'b', 'c', 'd'])
      expect(await write(recordName, address, data)).toMatchObject({ status: 200 });
    const first = await call('listData', owner, { recordName });
    expect(first.totalCount).toBe(4);
    expect(first.items.length).toBeLessThan(4);
    const next = await call('listData', owner, { recordName, address: first.items.at(-1).address });
    expect([...first.items, ...next.items].map(({ address }) => address)).toEqual(['a', 'b', 'c', 'd']);
    for (const address of ['a', 'b', 'c', 'd']) await call('eraseData', owner, { recordKey: recordName, address });
  });

  it('that no item came to refer to, or that could not be deleted, goes with its row', async () => {
    const recordName = await made(owner);
    await write(recordName, 'a', big('x'));
    expect(await looseRows()).toEqual([]);
    const { transact } = world.ports.table;
    world.ports.table.transact = () => Promise.reject(new Error('killed'));
    expect(await write(recordName, 'a', big('y'))).toMatchObject({ status: 500 });
    world.ports.table.transact = transact;
    const rows = await looseRows();
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ derives: 'cleaning', ttl: world.clock.now() / 1000 + 24 * 3600 });
    for (const { pk, sk } of rows) {
      const removal = {
        eventName: 'REMOVE',
        dynamodb: { SequenceNumber: '1', Keys: { pk: { S: pk }, sk: { S: sk } } },
      } satisfies StreamRecord;
      expect(looseBlobs.reads(removal)).toBe(false);
      const expired = { ...removal, userIdentity: { principalId: 'dynamodb.amazonaws.com' } };
      expect(looseBlobs.reads(expired)).toBe(true);
      await looseBlobs.read(world.ports, expired);
    }
    expect([...world.blobs.texts.values()]).toEqual([JSON.stringify(big('x'))]);
    expect((await call('getData', owner, { recordName, address: 'a' })).data).toBe(big('x'));
  });
});
