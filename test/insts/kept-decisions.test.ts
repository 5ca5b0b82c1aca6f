import { beforeAll, describe, expect, it } from '@jest/globals';
import { keys } from '../../functions/core/keys.ts';
import { openInst } from '../../functions/insts/open-inst.ts';
import type { Asking } from '../support/insts.ts';
import { callerOf, making, open, refusal } from '../support/insts.ts';
import { recordCalls } from '../support/record-calls.ts';
import type { SignedIn, World } from '../support/world.ts';
import { makeWorld } from '../support/world.ts';

/** What a burst of updates costs, and how soon everything else counts all the same. */
let world: World;
let owner: SignedIn;
let friend: SignedIn;
beforeAll(async () => {
  world = await makeWorld({ anonymous: new Set(['insts']) });
  owner = await world.signIn('owner@example.com');
  friend = await world.signIn('friend@example.com');
});
const { call, made, grant } = recordCalls(() => world);
const missing = 'not_authorized: missing_permission';
const writing = { actions: ['read', 'updateData'], create: {} } as const;

/** An inst in which a friend may write by a grant, and the friend's socket. */
async function shared() {
  const record = await made(owner);
  await open(world.ports, { as: owner }, record, 'i', making('team'));
  for (const action of ['read', 'updateData', 'sendAction']) {
    await grant(record, owner, {
      marker: 'team',
      resourceKind: 'inst',
      action,
      subjectType: 'user',
      subjectId: friend.userId,
    });
  }
  const socket = { as: friend, socket: record };
  const write = (asking: Asking = socket) => open(world.ports, asking, record, 'i', writing);
  const revoke = async () => {
    const { markerPermissions } = await call('listPermissions', owner, { recordName: record, marker: 'team' });
    for (const { id: permissionId } of markerPermissions) await call('revokePermission', owner, { permissionId });
  };
  return { record, socket, write, revoke };
}

async function readsOf(act: () => Promise<unknown>): Promise<number> {
  const before = world.calls.length;
  await act();
  return world.calls.slice(before).filter(({ reads }) => reads > 0).length;
}

describe('a burst of updates', () => {
  const writes = async (record: string, socket: string, times: number) => {
    const caller = await callerOf(world.ports, { as: friend, socket });
    return () =>
      Array.from(
        { length: times },
        () => () => openInst(world.ports, caller, { recordName: record, inst: 'i' }, writing),
      );
  };

  it('costs a handful of reads, whether the updates come one after another or at the same time', async () => {
    const { record } = await shared();
    const [inTurn, atOnce] = [await writes(record, 'in turn', 100), await writes(record, 'at once', 100)];
    const oneByOne = await readsOf(async () => {
      for (const write of inTurn()) await write();
    });
    const together = await readsOf(() => Promise.all(atOnce().map((write) => write())));
    expect(oneByOne).toBeLessThanOrEqual(6);
    expect(together).toBe(oneByOne);
  });

  it('costs an owner two, and whoever writes to a public inst one', async () => {
    const { record } = await shared();
    const caller = await callerOf(world.ports, { as: owner, socket: 's' });
    const write = (recordName: string | null) =>
      readsOf(() => openInst(world.ports, caller, { recordName, inst: 'i' }, writing));
    await write(null);
    world.clock.advance(2_000);
    expect([await write(record), await write(record), await write(null), await write(null)]).toEqual([2, 0, 1, 0]);
  });
});

describe('what has changed', () => {
  it('counts within two seconds, where a right was taken back', async () => {
    const { write, revoke } = await shared();
    const { generation } = (await write()) ?? {};
    await revoke();
    world.clock.advance(1_999);
    expect(await write()).toMatchObject({ generation });
    world.clock.advance(1);
    expect(await refusal(write())).toBe(missing);
  });

  it('counts within two seconds from the decision, however many updates go by it', async () => {
    const { write, revoke } = await shared();
    await write();
    await revoke();
    for (let quarter = 0; quarter < 7; quarter++) {
      world.clock.advance(250);
      expect(await refusal(write())).toBe('allowed');
    }
    world.clock.advance(250);
    expect(await refusal(write())).toBe(missing);
  });

  it('counts within two seconds, where the inst bears other markers', async () => {
    const { record, write } = await shared();
    await write();
    const key = keys.inst(record, 'i');
    await world.ports.table.put({ ...(await world.ports.table.get(key)), ...key, markers: ['private'] });
    world.clock.advance(2_000);
    expect(await refusal(write())).toBe(missing);
  });

  it('counts as soon as it has been said, where the inst was deleted', async () => {
    const { record, write } = await shared();
    const { generation } = (await write()) ?? {};
    expect(await call('deleteInst', owner, { recordName: record, inst: 'i' })).toEqual({ status: 200, success: true });
    expect(await refusal(write())).toBe(missing);
    const anew = await write({ as: owner, socket: 'owner' });
    expect(anew).toMatchObject({ markers: ['private'] });
    expect(anew?.generation).not.toBe(generation);
  });

  it('counts at once, where somebody was let in who was refused before', async () => {
    const { record, write, revoke } = await shared();
    await revoke();
    expect(await refusal(write())).toBe(missing);
    const toFriend = { resourceKind: 'inst', action: null, subjectType: 'user', subjectId: friend.userId };
    await grant(record, owner, { ...toFriend, marker: 'team' });
    expect(await refusal(write())).toBe('allowed');
  });

  it('counts at once for whoever begins to watch, asks over HTTP, or asks to have it decided anew', async () => {
    const { record, socket, write, revoke } = await shared();
    await write();
    await revoke();
    expect(await refusal(open(world.ports, socket, record, 'i', making()))).toBe(missing);
    expect(await refusal(write({ as: friend }))).toBe(missing);
    expect(await refusal(open(world.ports, socket, record, 'i', { ...writing, anew: true }))).toBe(missing);
  });
});

describe('a decision', () => {
  it('takes the place of the one before, where somebody asks for a new one', async () => {
    const { record, socket, write } = await shared();
    const { generation } = (await write()) ?? {};
    const key = keys.inst(record, 'i');
    await world.ports.table.put({ ...(await world.ports.table.get(key)), ...key, generation: 'another' });
    expect(await write()).toMatchObject({ generation });
    const anew = open(world.ports, socket, record, 'i', { ...writing, anew: true });
    expect(await anew).toMatchObject({ generation: 'another' });
    expect(await write()).toMatchObject({ generation: 'another' });
  });

  it('is that connection’s, that person’s, that inst’s and for that deed alone', async () => {
    const { record, socket, write, revoke } = await shared();
    await write();
    expect(await refusal(write({ as: undefined, socket: record }))).toBe('not_logged_in');
    const stranger = await world.signIn(`${record}@example.com`);
    expect(await refusal(write({ as: stranger, socket: record }))).toBe(missing);
    expect(await refusal(open(world.ports, socket, record, 'other', writing))).toBe(missing);
    await revoke();
    expect(await refusal(write({ as: friend, socket: 'another' }))).toBe(missing);
    expect(await refusal(open(world.ports, socket, record, 'i', { actions: ['sendAction'] }))).toBe(missing);
  });

  it('does not help a connection whose token was made for another inst', async () => {
    const { record, socket, write } = await shared();
    await write();
    const scoped = { ...socket, scope: { recordName: record, inst: 'other' } };
    expect(await refusal(write(scoped))).toBe('not_authorized: invalid_token');
  });
});
