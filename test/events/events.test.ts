import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Features } from '../../functions/core/limits.ts';
import { recordCalls } from '../support/record-calls.ts';
import type { SignedIn, World } from '../support/world.ts';
import { makeWorld } from '../support/world.ts';

let world: World;
let owner: SignedIn;
let stranger: SignedIn;
let features: Features = {};
beforeAll(async () => {
  world = await makeWorld({}, { of: async () => features });
  owner = await world.signIn('owner@example.com');
  stranger = await world.signIn('stranger@example.com');
});
const { call, made, keyTo } = recordCalls(() => world);
const add = (recordKey: string, count: number, headers?: Record<string, string>, as: SignedIn | undefined = owner) =>
  call('addEventCount', as, { recordKey, eventName: 'e', count }, headers);
const read = (recordName: string) => call('getEventCount', undefined, { recordName, eventName: 'e' });

describe('the count of an event', () => {
  it('is 0 and public before anybody counts, and follows every addition', async () => {
    const recordName = await made(owner);
    const event = { recordName, eventName: 'e', markers: ['publicRead'] };
    expect(await read(recordName)).toEqual({ status: 200, success: true, ...event, count: 0 });
    for (const count of [5, -7, 0.5, 0]) {
      expect(await add(recordName, count)).toEqual({
        status: 200,
        success: true,
        recordName,
        eventName: 'e',
        countAdded: count,
      });
    }
    expect(await read(recordName)).toEqual({ status: 200, success: true, ...event, count: -1.5 });
  });

  it('adds up exactly, however many add at once', async () => {
    const recordName = await made(owner);
    const answers = await Promise.all(Array.from({ length: 50 }, (_, at) => add(recordName, at % 2 ? 3 : 0.1)));
    expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(200));
    expect((await read(recordName)).count).toBe(77.5);
    expect(await call('listEvents', owner, { recordName })).toMatchObject({ totalCount: 1 });
  });

  it('counts a request with an idempotency key once, also when repeats come at once', async () => {
    const recordName = await made(owner);
    const headers = { 'idempotency-key': 'k1' };
    const answers = await Promise.all(Array.from({ length: 8 }, () => add(recordName, 2, headers)));
    for (const answer of answers) expect(answer).toMatchObject({ status: 200, countAdded: 2 });
    expect(await add(recordName, 2, { 'idempotency-key': 'k2' })).toMatchObject({ status: 200 });
    expect(await add(recordName, 2, { 'idempotency-key': 'k2' })).toMatchObject({ status: 200 });
    expect((await read(recordName)).count).toBe(4);
    expect(await add(recordName, 3, headers)).toMatchObject({ status: 400, errorCode: 'unacceptable_request' });
    expect(await add(recordName, 3, { 'idempotency-key': 'x'.repeat(256) })).toMatchObject({ status: 400 });
    const key = await keyTo(recordName, owner, 'subjectless');
    expect(await add(key, 9, headers, stranger)).toMatchObject({ status: 200 });
    expect((await read(recordName)).count).toBe(13);
  });

  it('is added to by who may: others are refused, keys let in', async () => {
    const recordName = await made(owner);
    expect(await add(recordName, 1, {}, stranger)).toMatchObject({ status: 403, errorCode: 'not_authorized' });
    const anonymous = (recordKey: string) => call('addEventCount', undefined, { recordKey, eventName: 'e', count: 1 });
    expect(await anonymous(recordName)).toMatchObject({ status: 401, errorCode: 'not_logged_in' });
    expect(await anonymous(await keyTo(recordName, owner, 'subjectfull'))).toMatchObject({ status: 401 });
    expect(await anonymous(await keyTo(recordName, owner, 'subjectless'))).toMatchObject({ status: 200, recordName });
  });

  it.each([
    ['a text', 'one'],
    ['absent', undefined],
    ['beyond what adds up exactly', 1e20],
  ])('takes no addition that is %s', async (_, count) => {
    const recordKey = await made(owner);
    expect(await call('addEventCount', owner, { recordKey, eventName: 'e', count })).toMatchObject({
      status: 400,
      issues: [{ path: ['count'] }],
    });
  });

  it('is limited by the subscription', async () => {
    const recordName = await made(owner);
    features = { events: { allowed: false } };
    expect(await add(recordName, 1)).toMatchObject({ status: 403, errorCode: 'not_authorized' });
    features = { events: { maxEvents: 0 } };
    expect(await add(recordName, 1)).toMatchObject({ status: 403, errorCode: 'subscription_limit_reached' });
    features = {};
  });
});

describe('an event', () => {
  it('is updated in count, markers or both, by who may', async () => {
    const recordName = await made(owner);
    const update = (more: object, as = owner) =>
      call('updateEvent', as, { recordKey: recordName, eventName: 'e', ...more });
    expect(await update({ count: 10 })).toEqual({ status: 200, success: true });
    expect(await update({ markers: ['secret'] })).toMatchObject({ status: 200 });
    expect(await read(recordName)).toMatchObject({ status: 401 });
    const mine = { recordName, eventName: 'e' };
    expect(await call('getEventCount', owner, mine)).toMatchObject({ count: 10, markers: ['secret'] });
    await add(recordName, 1);
    expect(await update({ count: 2, markers: ['publicRead'] })).toMatchObject({ status: 200 });
    expect(await read(recordName)).toMatchObject({ count: 2 });
    expect(await update({ count: 3 }, stranger)).toMatchObject({ status: 403 });
    const key = await keyTo(recordName, owner, 'subjectless');
    const byKey = (more: object) => call('updateEvent', undefined, { recordKey: key, eventName: 'e', ...more });
    expect(await byKey({ count: 3 })).toMatchObject({ status: 200 });
    expect(await byKey({ markers: ['secret'] })).toMatchObject({
      status: 403,
      reason: { resourceKind: 'marker', action: 'assign' },
    });
  });

  it('is listed by name, ten after a name, with the count of all', async () => {
    const recordName = await made(owner);
    for (let at = 0; at < 12; at++) {
      await call('addEventCount', owner, { recordKey: recordName, eventName: `e${10 + at}`, count: at });
    }
    const first = await call('listEvents', owner, { recordName });
    expect([first.totalCount, first.events.length]).toEqual([12, 10]);
    expect(await call('listEvents', owner, { recordName, eventName: 'e19' })).toEqual({
      status: 200,
      success: true,
      totalCount: 12,
      events: [
        { eventName: 'e20', count: 10, markers: ['publicRead'] },
        { eventName: 'e21', count: 11, markers: ['publicRead'] },
      ],
    });
    expect(await call('listEvents', stranger, { recordName })).toMatchObject({ status: 403 });
  });
});
