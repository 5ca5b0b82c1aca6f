import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Features } from '../../functions/core/limits.ts';
import type { InstAction } from '../../functions/insts/open-inst.ts';
import type { Asking } from '../support/insts.ts';
import { making, open, refusal } from '../support/insts.ts';
import { recordCalls } from '../support/record-calls.ts';
import type { SignedIn, World } from '../support/world.ts';
import { makeWorld } from '../support/world.ts';

/** Insts in records, as whoever reads or writes a branch gets hold of them. */
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
const totalIn = async (recordName: string) => (await call('listInsts', owner, { recordName })).totalCount;
const missing = 'not_authorized: missing_permission';

describe('an inst', () => {
  it('is missing until somebody makes it, and is the same for all from then on', async () => {
    const record = await made(owner);
    expect(await open(world.ports, { as: owner }, record, 'i')).toBeUndefined();
    const inst = await open(world.ports, { as: owner }, record, 'i', making());
    expect(inst).toEqual({
      recordName: record,
      inst: 'i',
      generation: expect.any(String),
      markers: ['private'],
      maxBranchBytes: undefined,
      maxConnections: undefined,
      expiresAt: null,
      updated: false,
    });
    expect(await open(world.ports, { as: owner }, record, 'i')).toEqual(inst);
    expect(await open(world.ports, { as: owner }, record, 'i', making('publicRead'))).toEqual(inst);
    expect(await totalIn(record)).toBe(1);
  });

  it('is made once by however many want it at the same time', async () => {
    const record = await made(owner);
    const makers = Array.from({ length: 8 }, () => open(world.ports, { as: owner }, record, 'i', making()));
    expect(new Set((await Promise.all(makers)).map((inst) => inst?.generation)).size).toBe(1);
    expect(await totalIn(record)).toBe(1);
  });

  it('is another one in each record, and in each of its names', async () => {
    const [one, other] = [await made(owner), await made(owner)];
    const names = [
      [one, 'i'],
      [other, 'i'],
      [one, 'I'],
      [one, 'i#i'],
      [one, 'i/ä 🎈'],
    ] as const;
    const opened = await Promise.all(
      names.map(([record, name]) => open(world.ports, { as: owner }, record, name, making())),
    );
    expect(new Set(opened.map((inst) => inst?.generation)).size).toBe(names.length);
  });

  it('is made in the record of one’s own id without further ado, and in no record that does not exist', async () => {
    expect(await open(world.ports, { as: owner }, owner.userId, 'home', making())).toMatchObject({
      recordName: owner.userId,
    });
    expect(await refusal(open(world.ports, { as: owner }, 'no such record', 'i', making()))).toBe('record_not_found');
  });

  it('is found by a record key too, which opens nothing: only its name counts', async () => {
    const record = await made(owner);
    const key = await keyTo(record, owner, 'subjectless');
    const inst = await open(world.ports, { as: owner }, key, 'i', making());
    expect(inst).toMatchObject({ recordName: record });
    expect(await open(world.ports, { as: owner }, ` ${record} `, 'i')).toEqual(inst);
    expect(await refusal(open(world.ports, { as: friend }, key, 'i'))).toBe(missing);
  });
});

describe('making an inst', () => {
  it('takes more than being somebody, and says what', async () => {
    const record = await made(owner);
    expect(await refusal(open(world.ports, {}, record, 'i', making()))).toBe('not_logged_in');
    const attempt = open(world.ports, { as: friend }, record, 'i', making());
    await expect(attempt).rejects.toMatchObject({
      code: 'not_authorized',
      details: {
        reason: {
          type: 'missing_permission',
          recordName: record,
          resourceKind: 'inst',
          resourceId: 'i',
          action: 'create',
          subjectType: 'user',
          subjectId: friend.userId,
        },
      },
    });
    expect(await totalIn(record)).toBe(0);
  });

  it('takes the right to create, to read, to do what one came for, and to assign each marker but publicRead', async () => {
    const record = await made(owner);
    const toFriend = { resourceKind: 'inst', subjectType: 'user', subjectId: friend.userId };
    const wish = { actions: ['read', 'updateData'] as const, create: { markers: ['team'] } };
    const attempt = () => refusal(open(world.ports, { as: friend }, record, 'i', wish));
    for (const action of ['create', 'read', 'updateData']) {
      expect(await attempt()).toBe(missing);
      await grant(record, owner, { ...toFriend, marker: 'team', action });
    }
    await expect(open(world.ports, { as: friend }, record, 'i', wish)).rejects.toMatchObject({
      details: { reason: { resourceKind: 'marker', action: 'assign', resourceId: 'team' } },
    });
    const assigning = { resourceKind: 'marker', action: 'assign', subjectType: 'user', subjectId: friend.userId };
    await grant(record, owner, { ...assigning, marker: 'team' });
    expect(await attempt()).toBe('allowed');
    await grant(record, owner, { ...toFriend, marker: 'publicRead', action: 'create' });
    expect(await refusal(open(world.ports, { as: friend }, record, 'open', making('publicRead')))).toBe('allowed');
  });
});

describe('what is done in an inst', () => {
  const actions = ['read', 'updateData', 'sendAction', 'delete'] as const satisfies readonly InstAction[];
  const nobody = 'not_logged_in';

  it.each([
    ['private', { anybody: [nobody, nobody, nobody, nobody], friend: [missing, missing, missing, missing] }],
    ['publicRead', { anybody: ['allowed', nobody, nobody, nobody], friend: ['allowed', missing, missing, missing] }],
    [
      'publicWrite:path',
      { anybody: ['allowed', 'allowed', 'allowed', 'allowed'], friend: ['allowed', 'allowed', 'allowed', 'allowed'] },
    ],
    ['team', { anybody: [nobody, nobody, nobody, nobody], friend: ['allowed', 'allowed', missing, missing] }],
  ])('is decided by its markers: %s', async (marker, expected) => {
    const record = await made(owner);
    const toFriend = { resourceKind: 'inst', subjectType: 'user', subjectId: friend.userId };
    for (const action of ['read', 'updateData']) await grant(record, owner, { ...toFriend, marker: 'team', action });
    await open(world.ports, { as: owner }, record, 'i', making(marker));
    const answers = async (asking: Asking) => {
      const each = actions.map((action) => refusal(open(world.ports, asking, record, 'i', { actions: [action] })));
      return Promise.all(each);
    };
    expect(await answers({})).toEqual(expected.anybody);
    expect(await answers({ as: friend })).toEqual(expected.friend);
    expect(await answers({ as: owner })).toEqual(actions.map(() => 'allowed'));
  });

  it('may be granted for one inst alone', async () => {
    const record = await made(owner);
    await open(world.ports, { as: owner }, record, 'i', making());
    await open(world.ports, { as: owner }, record, 'other', making());
    await grant(record, owner, {
      resourceKind: 'inst',
      resourceId: 'i',
      action: 'read',
      subjectType: 'user',
      subjectId: friend.userId,
    });
    expect(await refusal(open(world.ports, { as: friend }, record, 'i'))).toBe('allowed');
    expect(await refusal(open(world.ports, { as: friend }, record, 'other'))).toBe(missing);
    const both = { actions: ['read', 'updateData'] } as const;
    expect(await refusal(open(world.ports, { as: friend }, record, 'i', both))).toBe(missing);
  });
});

describe('a connection token', () => {
  it('opens the inst it was made for, no other one in a record, and every public one', async () => {
    const record = await made(owner);
    const socket = { as: owner, socket: 'token', scope: { recordName: record, inst: 'i' } };
    expect(await open(world.ports, socket, record, 'i', making())).toMatchObject({ inst: 'i' });
    expect(await refusal(open(world.ports, socket, record, 'other', making()))).toBe('not_authorized: invalid_token');
    expect(await refusal(open(world.ports, socket, await made(owner), 'i', making()))).toBe(
      'not_authorized: invalid_token',
    );
    expect(await open(world.ports, socket, null, 'anything', making())).toMatchObject({ recordName: null });
    const forPublic = { ...socket, scope: { recordName: null, inst: 'i' } };
    expect(await refusal(open(world.ports, forPublic, record, 'i'))).toBe('not_authorized: invalid_token');
  });

  it('that was not shown leaves what markers open to everybody', async () => {
    const record = await made(owner);
    await open(world.ports, { as: owner }, record, 'i', making('publicRead'));
    expect(await refusal(open(world.ports, { socket: 'anonymous' }, record, 'i'))).toBe('allowed');
    await open(world.ports, { as: owner }, record, 'closed', making());
    expect(await refusal(open(world.ports, { socket: 'anonymous' }, record, 'closed'))).toBe('not_logged_in');
  });
});

describe('a subscription', () => {
  it('says how many insts all records of an owner hold together, to the last one', async () => {
    const record = await made(owner);
    const sister = await made(owner);
    const before = (await Promise.all((await records()).map(totalIn))).reduce((sum, total) => sum + total, 0);
    await open(world.ports, { as: owner }, sister, 'there', making());
    features = { insts: { maxInsts: before + 4 } };
    const makers = Array.from({ length: 8 }, (_, at) =>
      refusal(open(world.ports, { as: owner }, record, `i${at}`, making())),
    );
    const outcomes = await Promise.all(makers);
    expect(outcomes.filter((outcome) => outcome === 'allowed')).toHaveLength(3);
    expect(new Set(outcomes)).toEqual(new Set(['allowed', 'subscription_limit_reached']));
    expect(await totalIn(record)).toBe(3);
    expect(await refusal(open(world.ports, { as: owner }, sister, 'there', making()))).toBe('allowed');
    features = {};
  });

  it('may allow none, and says how large branches and rooms may be', async () => {
    const record = await made(owner);
    features = { insts: { maxBytesPerInst: 1_000, maxActiveConnectionsPerInst: 5 } };
    const sizes = { maxBranchBytes: 1_000, maxConnections: 5 };
    expect(await open(world.ports, { as: owner }, record, 'i', making())).toMatchObject(sizes);
    expect(await open(world.ports, { as: owner }, record, 'i')).toMatchObject(sizes);
    features = { insts: { allowed: false } };
    expect(await refusal(open(world.ports, { as: owner }, record, 'i'))).toBe('not_authorized');
    features = {};
  });

  const records = async (): Promise<string[]> =>
    (await call('listRecords', owner, {})).records.map(({ name }: { name: string }) => name);
});
