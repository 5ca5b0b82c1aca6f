import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Features } from '../../functions/core/limits.ts';
import { recordCalls } from '../support/record-calls.ts';
import type { SignedIn, World } from '../support/world.ts';
import { makeWorld } from '../support/world.ts';

let world: World;
let owner: SignedIn;
let friend: SignedIn;
let features: Features = {};
beforeAll(async () => {
  world = await makeWorld({}, { of: async () => features });
  owner = await world.signIn('owner@example.com');
  friend = await world.signIn('friend@example.com');
});
const { call, made, keyTo, grant } = recordCalls(() => world);
const refused = (errorCode: string, status = 403) => ({ status, success: false, errorCode });

describe.each([
  ['data', 'recordData', 'getData', 'eraseData'],
  ['manual data', 'recordManualData', 'getManualData', 'deleteManualData'],
])('%s', (_, write, read, erase) => {
  it('is written, read with everything noted about it, and erased', async () => {
    const recordName = await made(owner);
    const place = { recordName, address: 'a' };
    expect(await call(write, owner, { recordKey: recordName, address: 'a', data: { x: [1, null] } })).toEqual({
      status: 200,
      success: true,
      ...place,
    });
    expect(await call(read, undefined, place)).toEqual({
      status: 200,
      success: true,
      recordName,
      data: { x: [1, null] },
      publisherId: owner.userId,
      subjectId: owner.userId,
      updatePolicy: true,
      deletePolicy: true,
      markers: ['publicRead'],
    });
    expect(await call(erase, owner, { recordKey: recordName, address: 'a' })).toEqual({
      status: 200,
      success: true,
      ...place,
    });
    expect(await call(read, owner, place)).toMatchObject(refused('data_not_found', 404));
    expect(await call(erase, owner, { recordKey: recordName, address: 'a' })).toMatchObject(
      refused('data_not_found', 404),
    );
  });

  it.each([
    ['null', null],
    ['false', false],
    ['zero', 0],
    ['an empty text', ''],
    ['a number beyond what a table holds', 1e300],
    ['half a pair', 'a\ud800'],
    ['a name of the language', JSON.parse('{"__proto__":{"admin":true}}')],
    ['depth', JSON.parse(`${'['.repeat(90)}${']'.repeat(90)}`)],
  ])('gives back %s as it was given', async (_, data) => {
    const recordName = await made(owner);
    expect(await call(write, owner, { recordKey: recordName, address: 'a', data })).toMatchObject({ status: 200 });
    expect(JSON.stringify((await call(read, owner, { recordName, address: 'a' })).data)).toBe(JSON.stringify(data));
  });

  it('knows nothing of the other space', async () => {
    const recordName = await made(owner);
    await call(write, owner, { recordKey: recordName, address: 'a', data: write });
    const other = read === 'getData' ? 'getManualData' : 'getData';
    expect(await call(other, owner, { recordName, address: 'a' })).toMatchObject(refused('data_not_found', 404));
  });

  it('is written to a record named like oneself, which appears', async () => {
    const someone = await world.signIn(`${write}@example.com`);
    const recordKey = someone.userId;
    expect(await call(write, someone, { recordKey, address: 'a', data: 1 })).toMatchObject({
      status: 200,
      recordName: someone.userId,
    });
  });
});

describe('what is recorded', () => {
  it.each([
    ['data is absent', { data: undefined }, 'data'],
    ['the address is empty', { address: '' }, 'address'],
    ['the address has 513 characters', { address: 'x'.repeat(513) }, 'address'],
    ['the address has more than 1,000 bytes', { address: 'ä'.repeat(501) }, 'address'],
    ['there are 11 markers', { markers: Array.from({ length: 11 }, (_, at) => `m${at}`) }, 'markers'],
    ['a marker has 101 characters', { markers: ['x'.repeat(101)] }, 'markers'],
    ['there are four insts', { instances: ['a', 'b', 'c', 'd'] }, 'instances'],
    ['a policy is none', { updatePolicy: 'everybody' }, 'updatePolicy'],
  ])('is refused when %s', async (_, more, path) => {
    const recordKey = await made(owner);
    const answer = await call('recordData', owner, { recordKey, address: 'a', data: 1, ...more });
    expect(answer).toMatchObject(refused('unacceptable_request', 400));
    expect(answer.issues[0].path[0]).toBe(path);
  });

  it('is refused to who is not signed in, and in records that do not exist', async () => {
    const recordKey = await made(owner);
    const value = { address: 'a', data: 1 };
    expect(await call('recordData', undefined, { recordKey, ...value })).toMatchObject(refused('not_logged_in', 401));
    expect(await call('recordData', owner, { recordKey: 'nowhere', ...value })).toMatchObject(
      refused('record_not_found', 404),
    );
    const forged = `vRK2.${Buffer.from(recordKey).toString('base64')}.eA==.subjectfull`;
    expect(await call('recordData', owner, { recordKey: forged, ...value })).toMatchObject(
      refused('invalid_record_key'),
    );
  });

  it('may have up to 500,000 bytes, counted in UTF-8, of a text or of its JSON', async () => {
    const recordKey = await made(owner);
    const sized = (data: unknown) => call('recordData', owner, { recordKey, address: 'a', data });
    expect(await sized('x'.repeat(500_000))).toMatchObject({ status: 200 });
    expect(await sized(['x'.repeat(499_996)])).toMatchObject({ status: 200 });
    for (const data of ['x'.repeat(500_001), 'ä'.repeat(250_001), ['x'.repeat(499_997)]]) {
      const answer = await sized(data);
      expect(answer).toMatchObject({ ...refused('subscription_limit_reached'), errorReason: 'data_too_large' });
      expect(answer.issues[0].path).toEqual(['data', 'sizeInBytes']);
    }
  });

  it('is limited by the subscription of the owner, over all their records, however many write at once', async () => {
    const rich = await world.signIn('limited@example.com');
    const [one, two] = [await made(rich), await made(rich)];
    features = { data: { maxItems: 4, maxItemSizeInBytes: 10 } };
    const write = (recordKey: string, address: string, data: unknown = 1) =>
      call('recordData', rich, { recordKey, address, data });
    expect(await write(one, 'a')).toMatchObject({ status: 200 });
    const racing = await Promise.all(Array.from({ length: 6 }, (_, at) => write(two, `b${at}`)));
    expect(racing.filter(({ success }) => success)).toHaveLength(3);
    for (const answer of racing.filter(({ success }) => !success)) {
      expect(answer).toMatchObject({ ...refused('subscription_limit_reached'), errorReason: 'too_many_items' });
    }
    expect(await write(one, 'a', 2)).toMatchObject({ status: 200 });
    expect(await write(one, 'a', 'longer than ten')).toMatchObject({ errorReason: 'data_too_large' });
    await call('eraseData', rich, { recordKey: one, address: 'a' });
    expect(await write(one, 'z')).toMatchObject({ status: 200 });
    features = { data: { allowed: false } };
    expect(await write(one, 'z')).toMatchObject(refused('not_authorized'));
    features = {};
  });
});

describe('updates', () => {
  it('keep the markers that they do not name, and open policies that they do not name', async () => {
    const recordName = await made(owner);
    const write = (more: object) =>
      call('recordData', owner, { recordKey: recordName, address: 'a', data: 1, ...more });
    await write({ markers: ['secret', 'secret'], updatePolicy: [owner.userId], deletePolicy: [owner.userId] });
    const place = { recordName, address: 'a' };
    expect(await call('getData', owner, place)).toMatchObject({
      markers: ['secret'],
      updatePolicy: [owner.userId],
      deletePolicy: [owner.userId],
    });
    await write({ data: 2 });
    expect(await call('getData', owner, place)).toMatchObject({
      data: 2,
      markers: ['secret'],
      updatePolicy: true,
      deletePolicy: true,
    });
  });

  it('are for those whom the policy of the item names, the owner included', async () => {
    const recordName = await made(owner);
    const key = await keyTo(recordName, owner, 'subjectfull');
    const write = (as: SignedIn, more: object = {}) =>
      call('recordData', as, { recordKey: key, address: 'a', data: 1, ...more });
    await write(owner, { updatePolicy: [friend.userId], deletePolicy: [friend.userId] });
    expect(await write(owner)).toMatchObject(refused('not_authorized'));
    expect(await write(friend, { updatePolicy: [friend.userId], deletePolicy: [friend.userId] })).toMatchObject({
      status: 200,
    });
    const stranger = await world.signIn('stranger@example.com');
    const erase = (as: SignedIn) => call('eraseData', as, { recordKey: key, address: 'a' });
    expect(await erase(stranger)).toMatchObject(refused('not_authorized'));
    expect(await erase(owner)).toMatchObject({ status: 200 });
  });

  it('need the right to every marker that they add or take away', async () => {
    const recordName = await made(owner);
    await call('recordData', owner, { recordKey: recordName, address: 'a', data: 1, markers: ['one'] });
    for (const marker of ['one', 'two']) {
      await grant(recordName, owner, {
        marker,
        resourceKind: 'data',
        action: null,
        subjectType: 'user',
        subjectId: friend.userId,
      });
    }
    const mark = (markers: string[]) =>
      call('recordData', friend, { recordKey: recordName, address: 'a', data: 2, markers });
    const marking = (action: string) => ({
      marker: 'account',
      resourceKind: 'marker',
      action,
      subjectType: 'user',
      subjectId: friend.userId,
    });
    expect(await mark(['one'])).toMatchObject({ status: 200 });
    expect(await mark(['two'])).toMatchObject({
      reason: { resourceKind: 'marker', resourceId: 'two', action: 'assign' },
    });
    await grant(recordName, owner, marking('assign'));
    expect(await mark(['two'])).toMatchObject({ reason: { resourceId: 'one', action: 'unassign' } });
    await grant(recordName, owner, marking('unassign'));
    expect(await mark(['two'])).toMatchObject({ status: 200 });
  });

  it('of one address at the same time all succeed, and one of them stays', async () => {
    const recordName = await made(owner);
    const write = (data: number) =>
      call('recordData', owner, { recordKey: recordName, address: 'a', data, markers: [`m${data % 3}`] });
    const answers = await Promise.all(Array.from({ length: 12 }, (_, at) => write(at)));
    expect(answers.map(({ status }) => status)).toEqual(Array(12).fill(200));
    const { data, markers } = await call('getData', owner, { recordName, address: 'a' });
    expect(markers).toEqual([`m${data % 3}`]);
    for (const marker of ['m0', 'm1', 'm2']) {
      const { totalCount, items } = await call('listData', owner, { recordName, marker });
      expect([marker, totalCount, items.length]).toEqual([marker, ...(marker === markers[0] ? [1, 1] : [0, 0])]);
    }
    expect(await call('listData', owner, { recordName })).toMatchObject({ totalCount: 1 });
  });
});

describe('with a record key', () => {
  it('anybody signed in writes as themselves, published by who made the key, and answers name the record', async () => {
    const recordName = await made(owner);
    const key = await keyTo(recordName, owner, 'subjectfull');
    const value = { recordKey: key, address: 'a', data: 1 };
    expect(await call('recordData', friend, value)).toMatchObject({ status: 200, recordName });
    expect(await call('getData', friend, { recordName: key, address: 'a' })).toMatchObject({
      recordName,
      publisherId: owner.userId,
      subjectId: friend.userId,
    });
    expect(await call('listData', friend, { recordName: key })).toMatchObject({ recordName, totalCount: 1 });
    expect(await call('recordData', undefined, value)).toMatchObject(refused('not_logged_in', 401));
    expect(await call('eraseData', friend, { recordKey: key, address: 'a' })).toMatchObject({ recordName });
  });

  it('for nobody in particular anybody writes, and nobody is noted, even who is signed in', async () => {
    const recordName = await made(owner);
    const key = await keyTo(recordName, owner, 'subjectless');
    const write = (as: SignedIn | undefined, more: object = {}) =>
      call('recordData', as, { recordKey: key, address: 'a', data: 1, ...more });
    for (const as of [undefined, friend]) {
      expect(await write(as)).toMatchObject({ status: 200, recordName });
      expect(await call('getData', undefined, { recordName, address: 'a' })).toMatchObject({
        publisherId: owner.userId,
        subjectId: null,
      });
    }
    expect(await write(undefined, { updatePolicy: [owner.userId] })).toMatchObject(refused('invalid_record_key'));
    expect(await write(undefined, { deletePolicy: [] })).toMatchObject(refused('invalid_record_key'));
    for (const as of [undefined, owner]) {
      expect(await write(as, { address: 'b', markers: ['secret'] })).toMatchObject({
        ...refused('not_authorized'),
        reason: { type: 'missing_permission', resourceKind: 'marker', resourceId: 'secret', action: 'assign' },
      });
    }
    expect(await write(undefined, { address: 'c', markers: ['publicRead:here'] })).toMatchObject({ status: 200 });
    expect(await call('eraseData', undefined, { recordKey: key, address: 'a' })).toMatchObject({ status: 200 });
  });
});
