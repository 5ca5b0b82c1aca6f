import { beforeAll, describe, expect, it } from '@jest/globals';
import { recordCalls } from '../support/record-calls.ts';
import type { SignedIn, World } from '../support/world.ts';
import { makeWorld } from '../support/world.ts';

let world: World;
let owner: SignedIn;
let stranger: SignedIn;
beforeAll(async () => {
  world = await makeWorld();
  owner = await world.signIn('owner@example.com');
  stranger = await world.signIn('stranger@example.com');
});
const { call, made, keyTo } = recordCalls(() => world);

const addressOf = (at: number) => `a${String(at).padStart(2, '0')}`;
async function filled(count: number, markersOf: (at: number) => string[] | undefined = () => undefined) {
  const recordName = await made(owner);
  for (let at = 0; at < count; at++) {
    const value = { recordKey: recordName, address: addressOf(at), data: at, markers: markersOf(at) };
    expect(await call('recordData', owner, value)).toMatchObject({ status: 200 });
  }
  return recordName;
}
/** All pages, one after another. */
async function pages(input: object, as: SignedIn | undefined = owner) {
  const found: { address: string; data: unknown; markers: string[] }[][] = [];
  for (let address: string | undefined; ; ) {
    const { items } = await call('listData', as, { ...input, address });
    if (items.length === 0) return found;
    found.push(items);
    address = items.at(-1).address;
  }
}

describe('the data of a record', () => {
  it('is listed by address, ten at a time after an address, with the count of all', async () => {
    const recordName = await filled(23);
    expect(await call('listData', owner, { recordName, address: 'a19' })).toEqual({
      status: 200,
      success: true,
      recordName,
      totalCount: 23,
      items: [20, 21, 22].map((at) => ({ address: addressOf(at), data: at, markers: ['publicRead'] })),
    });
    const all = await pages({ recordName });
    expect(all.map(({ length }) => length)).toEqual([10, 10, 3]);
    expect(all.flat().map(({ data }) => data)).toEqual(Array.from({ length: 23 }, (_, at) => at));
  });

  it('is listed over GET as well, with everything in the query', async () => {
    const recordName = await filled(3, () => ['publicRead:x']);
    const query = new URLSearchParams({ recordName, address: 'a02', marker: 'publicRead:x', sort: 'descending' });
    const { body } = await world.http('GET', `/api/v2/records/data/list?${query}`);
    expect(body).toMatchObject({ success: true, marker: 'publicRead:x', items: [{ data: 1 }, { data: 0 }] });
  });

  it('is counted right after updates and erasures', async () => {
    const recordName = await filled(3);
    await call('recordData', owner, { recordKey: recordName, address: 'a00', data: 'again' });
    await call('eraseData', owner, { recordKey: recordName, address: 'a01' });
    expect(await call('listData', owner, { recordName })).toMatchObject({ totalCount: 2 });
  });

  it('is listed to key holders, not to strangers', async () => {
    const recordName = await filled(1);
    expect(await call('listData', stranger, { recordName })).toMatchObject({
      status: 403,
      errorCode: 'not_authorized',
    });
    expect(await call('listData', undefined, { recordName })).toMatchObject({ status: 401 });
    const key = await keyTo(recordName, owner, 'subjectless');
    expect(await call('listData', undefined, { recordName: key })).toMatchObject({ status: 200, totalCount: 1 });
  });
});

describe('what bears a marker', () => {
  it('is listed by its full text, both ways, to everybody where the marker is public', async () => {
    const recordName = await filled(25, (at) => (at % 2 === 0 ? ['publicRead', 'publicRead:even'] : ['publicRead']));
    const even = Array.from({ length: 13 }, (_, at) => at * 2);
    const up = await pages({ recordName, marker: 'publicRead:even' }, stranger);
    expect(up.map((page) => page.length)).toEqual([10, 3]);
    expect(up.flat().map(({ data }) => data)).toEqual(even);
    const down = await pages({ recordName, marker: 'publicRead:even', sort: 'descending' });
    expect(down.flat().map(({ data }) => data)).toEqual(even.toReversed());
    expect(await call('listData', undefined, { recordName, marker: 'publicRead:even' })).toMatchObject({
      totalCount: 13,
      marker: 'publicRead:even',
    });
    expect(await call('listData', undefined, { recordName, marker: 'publicRead' })).toMatchObject({ totalCount: 25 });
    expect(await call('listData', undefined, { recordName, marker: 'publicRead:odd' })).toMatchObject({
      totalCount: 0,
      items: [],
    });
  });

  it('is nobody else’s business where it is not', async () => {
    const recordName = await filled(1, () => ['private']);
    for (const as of [stranger, undefined]) {
      expect((await call('listData', as, { recordName, marker: 'private' })).success).toBe(false);
      expect((await call('getData', as, { recordName, address: 'a00' })).success).toBe(false);
    }
    expect(await call('listData', owner, { recordName, marker: 'private' })).toMatchObject({ totalCount: 1 });
  });

  it('follows changes of markers', async () => {
    const recordName = await filled(2, () => ['publicRead', 'blue']);
    await call('recordData', owner, { recordKey: recordName, address: 'a00', data: 0, markers: ['private'] });
    await call('eraseData', owner, { recordKey: recordName, address: 'a01' });
    for (const [marker, totalCount] of [
      ['publicRead', 0],
      ['blue', 0],
      ['private', 1],
    ]) {
      const answer = await call('listData', owner, { recordName, marker });
      expect([marker, answer.totalCount, answer.items.length]).toEqual([marker, totalCount, totalCount]);
    }
  });

  it('of another record whose name looks like a marker is not in it', async () => {
    const [one, two] = [await made(owner), 'tricky#m'];
    await call('createRecord', owner, { recordName: two });
    await call('createRecord', owner, { recordName: 'tricky' });
    await call('recordData', owner, { recordKey: two, address: 'a', data: 'mine', markers: ['x'] });
    expect(await call('listData', owner, { recordName: 'tricky', marker: 'm#x' })).toMatchObject({ items: [] });
    expect(await call('listData', owner, { recordName: one, marker: 'x' })).toMatchObject({ items: [] });
  });
});
