import { beforeAll, describe, expect, it } from '@jest/globals';
import { making, open } from '../support/insts.ts';
import { recordCalls } from '../support/record-calls.ts';
import type { SignedIn, World } from '../support/world.ts';
import { makeWorld } from '../support/world.ts';

let world: World;
let owner: SignedIn;
let friend: SignedIn;
beforeAll(async () => {
  world = await makeWorld();
  owner = await world.signIn('owner@example.com');
  friend = await world.signIn('friend@example.com');
});
const { call, made, keyTo, grant } = recordCalls(() => world);
const list = (recordName: string, more: object = {}, as: SignedIn | undefined = owner) =>
  call('listInsts', as, { recordName, ...more });
const make = (record: string, name: string, ...markers: string[]) =>
  open(world.ports, { as: owner }, record, name, making(...markers));
const namesIn = ({ insts }: { insts: readonly { inst: string }[] }) => insts.map(({ inst }) => inst);

describe('the insts of a record', () => {
  it('are listed with their markers', async () => {
    const recordName = await made(owner);
    expect(await list(recordName)).toEqual({ status: 200, success: true, insts: [], totalCount: 0 });
    await make(recordName, 'b');
    await make(recordName, 'a', 'publicRead', 'team:x', 'publicRead');
    const answer = {
      insts: [
        { recordName, inst: 'a', markers: ['publicRead', 'team:x'] },
        { recordName, inst: 'b', markers: ['private'] },
      ],
      totalCount: 2,
    };
    expect(await list(recordName)).toEqual({ status: 200, success: true, ...answer });
    const byPath = await world.http('GET', `/api/v2/records/insts/list?recordName=${recordName}`, {
      as: owner.sessionKey,
    });
    expect(byPath.body).toEqual({ success: true, ...answer });
    expect(await list(await keyTo(recordName, owner, 'subjectfull'))).toMatchObject(answer);
  });

  it('come by name, ten after a name', async () => {
    const recordName = await made(owner);
    const names = Array.from({ length: 23 }, (_, at) => `i${10 + at}`);
    for (const name of names.toReversed()) await make(recordName, name);
    const first = await list(recordName);
    expect([namesIn(first), first.totalCount]).toEqual([names.slice(0, 10), 23]);
    expect(namesIn(await list(recordName, { inst: 'i19' }))).toEqual(names.slice(10, 20));
    expect(namesIn(await list(recordName, { inst: 'i29x' }))).toEqual(names.slice(20));
    expect(namesIn(await list(recordName, { inst: 'i32' }))).toEqual([]);
  });

  it('may be those that bear a marker, the whole of it, with a count of their own', async () => {
    const recordName = await made(owner);
    for (let at = 10; at < 34; at++) await make(recordName, `i${at}`, at % 2 === 0 ? 'team:x' : 'team');
    const even = Array.from({ length: 12 }, (_, at) => `i${10 + 2 * at}`);
    const first = await list(recordName, { marker: 'team:x' });
    expect([namesIn(first), first.totalCount]).toEqual([even.slice(0, 10), 12]);
    expect(namesIn(await list(recordName, { marker: 'team:x', inst: 'i28' }))).toEqual(even.slice(10));
    expect(await list(recordName, { marker: 'te' })).toMatchObject({ insts: [], totalCount: 0 });
    await call('deleteInst', owner, { recordName, inst: 'i10' });
    expect(await list(recordName, { marker: 'team:x' })).toMatchObject({ totalCount: 11 });
  });

  it('are shown to who may list what is private, or what bears the marker', async () => {
    const recordName = await made(owner);
    await make(recordName, 'i', 'team');
    const refused = { status: 403, errorCode: 'not_authorized', reason: { resourceKind: 'inst', action: 'list' } };
    expect(await list(recordName, {}, friend)).toMatchObject(refused);
    expect(await list(recordName, { marker: 'team' }, friend)).toMatchObject(refused);
    expect(await list(await keyTo(recordName, owner, 'subjectless'), {}, friend)).toMatchObject(refused);
    const listing = { resourceKind: 'inst', action: 'list', subjectType: 'user', subjectId: friend.userId };
    await grant(recordName, owner, { ...listing, marker: 'team' });
    expect(await list(recordName, {}, friend)).toMatchObject(refused);
    expect(namesIn(await list(recordName, { marker: 'team' }, friend))).toEqual(['i']);
    await grant(recordName, owner, { ...listing, marker: 'private' });
    expect(namesIn(await list(recordName, {}, friend))).toEqual(['i']);
  });

  it('take a record that is there, and somebody who asks', async () => {
    expect(await list('no such record')).toMatchObject({ status: 404, errorCode: 'record_not_found' });
    expect(await call('listInsts', undefined, { recordName: 'r' })).toMatchObject({ errorCode: 'not_logged_in' });
    const tooLong = { inst: 'x'.repeat(257) };
    expect(await list('r', tooLong)).toMatchObject({ status: 400, errorCode: 'unacceptable_request' });
  });
});

describe('public insts', () => {
  it('are not listed', async () => {
    await open(world.ports, { as: owner }, null, 'i', making());
    for (const input of [{}, { recordName: null }]) {
      expect(await call('listInsts', owner, input)).toEqual({ status: 200, success: true, insts: [], totalCount: 0 });
    }
  });
});
