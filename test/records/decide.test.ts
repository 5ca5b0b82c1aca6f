import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Caller } from '../../functions/core/caller.ts';
import { keys } from '../../functions/core/keys.ts';
import type { UserId } from '../../functions/core/names.ts';
import type { Matter } from '../../functions/permissions/decide.ts';
import { authorize } from '../../functions/permissions/decide.ts';
import { openRecord } from '../../functions/records/open-record.ts';
import { recordCalls } from '../support/record-calls.ts';
import type { SignedIn, World } from '../support/world.ts';
import { makeWorld } from '../support/world.ts';

/** What cannot be seen in data and events alone. */
let world: World;
let owner: SignedIn;
let friend: SignedIn;
beforeAll(async () => {
  world = await makeWorld();
  owner = await world.signIn('owner@example.com');
  friend = await world.signIn('friend@example.com');
});
const { call, made, keyTo, grant } = recordCalls(() => world);

function callerOf(who: SignedIn | undefined, role: 'none' | 'system' = 'none'): Caller {
  if (!who) return { identity: undefined, ip: '203.0.113.9' };
  // The world's ids are ours.
  const userId = who.userId as UserId;
  const credential = { kind: 'session', id: who.sessionId, expiresAt: null } as const;
  return { identity: { userId, role, credential }, ip: '203.0.113.9' };
}

async function decide(caller: Caller, record: string, matter: Matter, instances?: string[]): Promise<unknown> {
  try {
    return await authorize(world.ports, await openRecord(world.ports, caller, record), matter, instances);
  } catch (thrown) {
    const { code, details } = thrown as { code: string; details: { reason?: { type: string } } };
    return details.reason ? `${code}: ${details.reason.type}` : code;
  }
}

const missing = 'not_authorized: missing_permission';

describe('a decision', () => {
  it('is no for lists of more than one marker, even for the owner', async () => {
    const record = await made(owner);
    const list = (markers: string[]) => decide(callerOf(owner), record, { kind: 'data', action: 'list', markers });
    expect(await list(['a'])).toEqual({ options: {} });
    expect(await list(['a', 'b'])).toBe('not_authorized: too_many_markers');
  });

  it('is yes when one of several markers allows', async () => {
    const record = await made(owner);
    const read = (...markers: string[]) => decide(callerOf(friend), record, { kind: 'data', action: 'read', markers });
    expect(await read('private', 'publicRead')).toEqual({ options: {} });
    expect(await read('private', 'other')).toBe(missing);
  });

  it('asks those to sign in who show no key, or one that does not open this', async () => {
    const record = await made(owner);
    const key = await keyTo(record, owner, 'subjectless');
    for (const [kind, action, expected] of [
      ['file', 'create', { options: {} }],
      ['file', 'list', 'not_logged_in'],
      ['file', 'update', 'not_logged_in'],
      ['role', 'grant', 'not_logged_in'],
      ['marker', 'assign', missing],
    ] as const) {
      const matter = { kind, action, markers: ['account'] };
      expect([kind, action, await decide(callerOf(undefined), key, matter)]).toEqual([kind, action, expected]);
    }
    expect(await decide(callerOf(friend), key, { kind: 'file', action: 'list', markers: ['account'] })).toBe(missing);
  });

  it('prefers the permission for the thing itself, and says what it adds', async () => {
    const record = await made(owner);
    const toFriend = { resourceKind: 'file', action: 'create', subjectType: 'user', subjectId: friend.userId };
    await grant(record, owner, { ...toFriend, marker: 'm', options: { maxFileSizeInBytes: 1 } });
    const matter = { kind: 'file', action: 'create', markers: ['m:path'], resourceId: 'f' } as const;
    expect(await decide(callerOf(friend), record, matter)).toEqual({ options: { maxFileSizeInBytes: 1 } });
    await grant(record, owner, { ...toFriend, resourceId: 'f', options: { maxFileSizeInBytes: 2 } });
    expect(await decide(callerOf(friend), record, matter)).toEqual({ options: { maxFileSizeInBytes: 2 } });
  });

  it('ends with a permission to the millisecond', async () => {
    const record = await made(owner);
    const permission = { marker: 'm', resourceKind: 'data', subjectType: 'user', subjectId: friend.userId };
    await grant(record, owner, { ...permission, expireTimeMs: world.clock.now() + 1_000 });
    const matter = { kind: 'data', action: 'read', markers: ['m'] } as const;
    world.clock.advance(999);
    expect(await decide(callerOf(friend), record, matter)).toEqual({ options: {} });
    world.clock.advance(1);
    expect(await decide(callerOf(friend), record, matter)).toBe(missing);
  });

  it('lets the system do everything, in any inst', async () => {
    const record = await made(owner);
    const matter = { kind: 'role', action: 'grant', markers: ['account'] } as const;
    expect(await decide(callerOf(friend, 'system'), record, matter, ['elsewhere/inst'])).toEqual({ options: {} });
  });

  it('does not take a studio member who names a thing `private` for one who assigns the marker', async () => {
    await world.ports.table.put({ ...keys.studioMember('s', friend.userId as UserId), role: 'member' });
    await world.ports.table.put({ ...keys.studioMember('s', owner.userId as UserId), role: 'admin' });
    await call('createRecord', owner, { recordName: 'of-s', studioId: 's' });
    const may = (kind: Matter['kind'], action: string, resourceId: string) =>
      decide(callerOf(friend), 'of-s', { kind, action, resourceId, markers: ['account'] });
    expect(await may('marker', 'assign', 'private')).toEqual({ options: {} });
    for (const [kind, action, resourceId] of [
      ['marker', 'unassign', 'private'],
      ['marker', 'assign', 'secret'],
      ['marker', 'grantPermission', 'publicRead'],
      ['role', 'grant', 'private'],
      ['file', 'update', 'private'],
      ['event', 'update', 'private'],
    ] as const) {
      expect([kind, action, resourceId, await may(kind, action, resourceId)]).toEqual([
        kind,
        action,
        resourceId,
        missing,
      ]);
    }
  });
});

describe('a record named like who uses it', () => {
  const write = (as: SignedIn, recordKey: string) => call('recordData', as, { recordKey, address: 'a', data: 1 });

  it('is theirs, whoever had it before, and the keys of before are void', async () => {
    const late = await world.signIn('late@example.com');
    const before = { name: late.userId, ownerId: friend.userId, studioId: null, salt: 'old' };
    await world.ports.table.put({ ...keys.record(late.userId), ...before });
    const key = await keyTo(late.userId, friend, 'subjectless');
    expect(await write(friend, key)).toMatchObject({ status: 200 });
    expect(await write(late, late.userId)).toMatchObject({ status: 200 });
    expect(await write(friend, late.userId)).toMatchObject({ status: 403, errorCode: 'not_authorized' });
    expect(await write(friend, key)).toMatchObject({ status: 403, errorCode: 'invalid_record_key' });
  });

  it('is the studio’s, made when one of its members first uses it', async () => {
    await world.ports.table.put({ ...keys.studioMember('crew', friend.userId as UserId), role: 'member' });
    expect(await write(owner, 'crew')).toMatchObject({ status: 404, errorCode: 'record_not_found' });
    expect(await write(friend, 'crew')).toMatchObject({ status: 200, recordName: 'crew' });
    expect(await call('listRecords', friend, { studioId: 'crew' })).toMatchObject({
      records: [{ name: 'crew', ownerId: null, studioId: 'crew' }],
    });
  });
});
