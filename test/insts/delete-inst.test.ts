import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Ports } from '../../functions/core/ports.ts';
import { beginLeaving, readInst } from '../../functions/insts/inst-store.ts';
import { httpOver } from '../support/http.ts';
import { dyingAfter, making, open } from '../support/insts.ts';
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
const done = { status: 200, success: true };
const totalIn = async (recordName: string) => (await call('listInsts', owner, { recordName })).totalCount;
const make = (record: string, ...markers: string[]) =>
  open(world.ports, { as: owner }, record, 'i', making(...markers));
const find = (record: string, ports: Ports = world.ports) => open(ports, { as: owner }, record, 'i');
const erase = (record: string, as: SignedIn | undefined = owner) =>
  call('deleteInst', as, { recordName: record, inst: 'i' });

describe('a deleted inst', () => {
  it('is gone, from lists and counts too, and one of its name that is made later is another', async () => {
    const record = await made(owner);
    const before = await make(record, 'team');
    expect(await erase(record)).toEqual(done);
    expect(await find(record)).toBeUndefined();
    expect(await call('listInsts', owner, { recordName: record })).toMatchObject({ insts: [], totalCount: 0 });
    expect(await call('listInsts', owner, { recordName: record, marker: 'team' })).toMatchObject({ totalCount: 0 });
    const after = await make(record);
    expect(after?.generation).not.toBe(before?.generation);
    expect(await totalIn(record)).toBe(1);
  });

  it('has been deleted already if it was never there', async () => {
    const record = await made(owner);
    expect(await erase(record)).toEqual(done);
    expect(await erase(record, friend)).toEqual(done);
    expect(await totalIn(record)).toBe(0);
  });

  it('may be named with a key in place of the record, over HTTP as well', async () => {
    const record = await made(owner);
    const recordKey = await keyTo(record, owner, 'subjectfull');
    for (const place of [{ recordKey: record }, { recordKey }, { recordName: recordKey }]) {
      await make(record);
      const body = { ...place, inst: 'i' };
      const answer = await world.http('DELETE', '/api/v2/records/insts', { body, as: owner.sessionKey });
      expect([answer.status, answer.body]).toEqual([200, { success: true }]);
      expect(await find(record)).toBeUndefined();
    }
    expect(await call('deleteInst', owner, { inst: 'i' })).toMatchObject({
      status: 400,
      issues: [{ path: ['recordName'] }],
    });
  });

  it('is deleted by who may: owners, holders of keys and grants, everybody where it is publicWrite', async () => {
    const record = await made(owner);
    await make(record);
    const refused = { status: 403, errorCode: 'not_authorized', reason: { resourceKind: 'inst', action: 'delete' } };
    expect(await erase(record, friend)).toMatchObject(refused);
    expect(await call('deleteInst', undefined, { recordName: record, inst: 'i' })).toMatchObject({ status: 401 });
    expect(await erase('no such record')).toMatchObject({ status: 404, errorCode: 'record_not_found' });
    expect(await totalIn(record)).toBe(1);
    for (const policy of ['subjectless', 'subjectfull'] as const) {
      expect(await erase(await keyTo(record, owner, policy), friend)).toEqual(done);
      expect(await totalIn(record)).toBe(0);
      await make(record);
    }
    const deleting = { resourceKind: 'inst', action: 'delete', subjectType: 'user', subjectId: friend.userId };
    await grant(record, owner, { ...deleting, resourceId: 'i' });
    expect(await erase(record, friend)).toEqual(done);
    const other = await made(owner);
    await make(other, 'publicWrite');
    expect(await erase(other, friend)).toEqual(done);
  });
});

describe('a deletion', () => {
  it('is counted once, however many ask for it at the same time', async () => {
    const record = await made(owner);
    await make(record, 'team');
    const answers = await Promise.all(Array.from({ length: 6 }, () => erase(record)));
    expect(answers).toEqual(Array(6).fill(done));
    expect(await totalIn(record)).toBe(0);
    expect(await call('listInsts', owner, { recordName: record, marker: 'team' })).toMatchObject({ totalCount: 0 });
  });

  it('and makers at the same time leave one inst or none, and the count says so', async () => {
    const record = await made(owner);
    await make(record);
    const racers = Array.from({ length: 12 }, (_, at) => (at % 2 ? erase(record) : make(record)));
    await Promise.all(racers);
    expect(await totalIn(record)).toBe((await find(record)) ? 1 : 0);
  });

  it('is over only when nobody writes to the inst any more who was let in before', async () => {
    const record = await made(owner);
    const before = await make(record);
    const writing = { actions: ['updateData'], create: {} } as const;
    const write = (ports = world.ports) => open(ports, { as: owner, socket: 's' }, record, 'i', writing);
    expect(await write()).toEqual(before);
    const meanwhile: unknown[] = [];
    const wait = async (ms: number) => {
      meanwhile.push((await write())?.generation);
      await world.ports.clock.wait(ms);
    };
    const slow: Ports = Object.create(world.ports, { clock: { value: { ...world.ports.clock, wait } } });
    const answer = await httpOver(slow)('DELETE', '/api/v2/records/insts', {
      body: { recordName: record, inst: 'i' },
      as: owner.sessionKey,
    });
    expect([answer.status, meanwhile]).toEqual([200, [before?.generation]]);
    expect((await write())?.generation).not.toBe(before?.generation);
  });

  it.each([0, 1, 2, 3, 4, 5, 6, 7])(
    'that dies after %i calls of the table is finished by who comes next',
    async (ios) => {
      const record = await made(owner);
      const before = await make(record);
      const dying = dyingAfter(world.ports, ios);
      const { status } = await httpOver(dying)('DELETE', '/api/v2/records/insts', {
        body: { recordName: record, inst: 'i' },
        as: owner.sessionKey,
      });
      const was = await find(record);
      if (status === 200) expect(was).toBeUndefined();
      expect(await totalIn(record)).toBe(was ? 1 : 0);
      const after = await make(record);
      expect(await totalIn(record)).toBe(1);
      expect(after?.generation === before?.generation).toBe(was !== undefined);
      expect(await erase(record)).toEqual(done);
      expect(await totalIn(record)).toBe(0);
    },
  );

  it('that has begun is waited for, and finished, by who would make the inst anew', async () => {
    const record = await made(owner);
    const before = await make(record);
    const inst = await readInst(world.ports, { recordName: record, inst: 'i' });
    expect(inst && (await beginLeaving(world.ports, inst))).toBe(true);
    const began = world.clock.now();
    const after = await make(record);
    expect([after?.generation === before?.generation, world.clock.now() - began]).toEqual([false, 2_000]);
    expect(await totalIn(record)).toBe(1);
  });
});
