import { beforeAll, describe, expect, it } from '@jest/globals';
import { keys } from '../../functions/core/keys.ts';
import type { SignedIn, World } from '../support/world.ts';
import { makeWorld } from '../support/world.ts';

/** Records, keys, permissions and roles through the HTTP door. */
let world: World;
let owner: SignedIn;
let friend: SignedIn;
let stranger: SignedIn;
let boss: SignedIn;
beforeAll(async () => {
  world = await makeWorld({ superUserAddresses: new Set(['boss@example.com']) });
  [owner, friend, stranger, boss] = (await Promise.all(
    ['owner', 'friend', 'stranger', 'boss'].map((name) => world.signIn(`${name}@example.com`)),
  )) as [SignedIn, SignedIn, SignedIn, SignedIn];
});

let count = 0;
const newName = () => `record-${++count}`;
async function call(procedure: string, as: SignedIn | undefined, input: object) {
  const { status, body } = await world.http('POST', '/api/v3/callProcedure', {
    as: as?.sessionKey,
    body: { procedure, input },
  });
  return { status, ...body };
}
async function made(as = owner) {
  const recordName = newName();
  expect(await call('createRecord', as, { recordName })).toEqual({ status: 200, success: true });
  return recordName;
}

describe('a record', () => {
  it('belongs to who made it, and is listed by name', async () => {
    const someone = await world.signIn('lister@example.com');
    const names = [await made(someone), await made(someone)].sort();
    const { body } = await world.http('GET', '/api/v2/records/list', { as: someone.sessionKey });
    expect(body).toEqual({
      success: true,
      records: names.map((name) => ({ name, ownerId: someone.userId, studioId: null })),
    });
  });

  it('has one owner, however many ask for its name at once', async () => {
    const recordName = newName();
    const answers = await Promise.all(
      [owner, friend, stranger, boss].map((each) => call('createRecord', each, { recordName })),
    );
    expect(answers.filter((answer) => answer.success)).toHaveLength(1);
    for (const answer of answers.filter((one) => !one.success)) {
      expect([answer.status, answer.errorCode]).toEqual([403, 'record_already_exists']);
    }
  });

  it.each([
    ['for somebody else', () => ({ recordName: newName(), ownerId: friend.userId }), 403, 'not_authorized'],
    ['for a studio one is not in', () => ({ recordName: newName(), studioId: 'studio' }), 403, 'not_authorized'],
    ["named like another user's id", () => ({ recordName: friend.userId }), 403, 'record_already_exists'],
    ['without a name', () => ({ recordName: '  ' }), 400, 'unacceptable_request'],
    ['with a name of 129 characters', () => ({ recordName: 'x'.repeat(129) }), 400, 'unacceptable_request'],
  ])('is not made %s', async (_, input, status, errorCode) => {
    expect(await call('createRecord', owner, input())).toMatchObject({ status, errorCode });
  });

  it('is listed for others by superusers only', async () => {
    expect(await call('listRecords', stranger, { userId: owner.userId })).toMatchObject({
      status: 403,
      errorCode: 'not_authorized',
    });
    expect(await call('listRecords', boss, { userId: owner.userId })).toMatchObject({ status: 200 });
  });
});

describe('a record key', () => {
  it('names its record and its policy, and holds a secret that is stored nowhere', async () => {
    const recordName = await made();
    const { recordKey } = await call('createRecordKey', owner, { recordName, policy: 'subjectless' });
    const [version, name, secret, policy] = recordKey.split('.');
    const text = (part: string) => Buffer.from(part, 'base64').toString();
    expect([version, text(name), policy]).toEqual(['vRK2', recordName, 'subjectless']);
    expect(Buffer.from(text(secret), 'base64')).toHaveLength(16);
    const rows = await world.ports.table.query({ pk: `REC#${recordName}` });
    expect(JSON.stringify(rows)).not.toContain(text(secret));
  });

  it('makes the record when there is none, and is subjectfull unless told', async () => {
    const recordName = newName();
    const answer = await call('createRecordKey', owner, { recordName, policy: '' });
    expect(answer).toMatchObject({ success: true, recordName, recordKey: expect.stringMatching(/\.subjectfull$/) });
  });

  it("makes the record of one's own id too, taken back from whoever has it", async () => {
    const newcomer = await world.signIn('newcomer@example.com');
    const recordName = newcomer.userId;
    await world.ports.table.put({
      ...keys.record(recordName),
      name: recordName,
      ownerId: stranger.userId,
      studioId: null,
      salt: 'salt',
    });
    expect(await call('createRecordKey', newcomer, { recordName })).toMatchObject({ status: 200, recordName });
    expect(await call('createRecordKey', stranger, { recordName })).toMatchObject({ status: 403 });
  });

  it('is refused to who is not signed in, with the reason', async () => {
    expect(await call('createRecordKey', undefined, { recordName: newName() })).toMatchObject({
      status: 401,
      errorCode: 'not_logged_in',
      errorReason: 'not_logged_in',
    });
  });

  it('of a record with a name longer than any is one of no record', async () => {
    for (const name of ['x'.repeat(2_048), '☃'.repeat(2_000)]) {
      expect(await call('getData', owner, { recordName: name, address: 'a' })).toMatchObject({
        status: 404,
        errorCode: 'record_not_found',
      });
    }
  });

  it.each([
    ['of a policy that is none', () => owner, 'other', 400, 'invalid_policy', 'invalid_policy'],
    [
      "for somebody else's record",
      () => stranger,
      'subjectfull',
      403,
      'unauthorized_to_create_record_key',
      'record_owned_by_different_user',
    ],
  ])('is refused %s', async (_, who, policy, status, errorCode, errorReason) => {
    const recordName = await made();
    expect(await call('createRecordKey', who(), { recordName, policy })).toMatchObject({
      status,
      errorCode,
      errorReason,
    });
  });
});

describe('permissions', () => {
  const grant = (subjectId: string, more: object = {}) => ({
    marker: 'secret',
    resourceKind: 'data',
    action: 'read',
    subjectType: 'user',
    subjectId,
    ...more,
  });

  it('are granted by the owner, listed, renewed without doubling, and revoked by id', async () => {
    const recordName = await made();
    for (const expireTimeMs of [null, world.clock.now() + 1_000]) {
      expect(
        await call('grantPermission', owner, { recordName, permission: grant(friend.userId, { expireTimeMs }) }),
      ).toEqual({
        status: 200,
        success: true,
      });
    }
    const listed = await call('listPermissions', owner, { recordName, marker: 'secret' });
    expect(listed.markerPermissions).toHaveLength(1);
    const [permission] = listed.markerPermissions;
    expect(permission).toEqual({
      id: expect.any(String),
      recordName,
      marker: 'secret',
      resourceKind: 'data',
      action: 'read',
      subjectType: 'user',
      subjectId: friend.userId,
      expireTimeMs: world.clock.now() + 1_000,
      options: {},
    });
    expect(await call('revokePermission', stranger, { permissionId: permission.id })).toMatchObject({ status: 403 });
    expect(await call('revokePermission', owner, { permissionId: permission.id })).toMatchObject({ status: 200 });
    expect((await call('listPermissions', owner, { recordName })).markerPermissions).toEqual([]);
    expect(await call('revokePermission', owner, { permissionId: permission.id })).toMatchObject({
      status: 404,
      errorCode: 'permission_not_found',
    });
  });

  it.each([
    ['neither marker nor resource', { marker: undefined }, ['permission', 'marker']],
    ['an action of another kind', { action: 'increment' }, ['permission', 'action']],
    ['a kind that is none', { resourceKind: 'planet' }, ['permission', 'resourceKind']],
  ])('with %s are refused', async (_, more, path) => {
    const recordName = await made();
    const answer = await call('grantPermission', owner, { recordName, permission: grant(friend.userId, more) });
    expect(answer).toMatchObject({ status: 400, errorCode: 'unacceptable_request' });
    expect(answer.issues[0].path).toEqual(path);
  });

  it.each([
    ['999 bytes', '☃'.repeat(333)],
    ['512 characters that keys escape', '#'.repeat(512)],
  ])('reach resources with ids of %s', async (_, address) => {
    const recordName = await made();
    const subjectId = '☃'.repeat(256);
    await call('recordData', owner, { recordKey: recordName, address, data: 1, markers: ['private'] });
    expect(await call('getData', friend, { recordName, address })).toMatchObject({ status: 403 });
    for (const whom of [friend.userId, subjectId]) {
      const permission = { ...grant(whom), marker: undefined, resourceId: address };
      expect(await call('grantPermission', owner, { recordName, permission })).toMatchObject({ status: 200 });
    }
    expect(await call('getData', friend, { recordName, address })).toMatchObject({ status: 200, data: 1 });
    const { resourcePermissions } = await call('listPermissions', owner, { recordName });
    expect(resourcePermissions).toHaveLength(2);
    expect(resourcePermissions).toContainEqual(expect.objectContaining({ resourceId: address, subjectId }));
  });

  it('of a public inst are found by its bare name and by its id', async () => {
    const recordName = await made();
    const permission = grant('visited', { subjectType: 'inst' });
    await call('recordData', owner, { recordKey: recordName, address: 'a', data: 1, markers: ['secret'] });
    expect(await call('grantPermission', owner, { recordName, permission })).toMatchObject({ status: 200 });
    for (const inst of ['visited', '/visited']) {
      expect(await call('getData', owner, { recordName, address: 'a', instances: [inst] })).toMatchObject({
        status: 200,
      });
    }
  });

  it('are no business of strangers, and the refusal says what was missing', async () => {
    const recordName = await made();
    expect(await call('grantPermission', stranger, { recordName, permission: grant(stranger.userId) })).toMatchObject({
      status: 403,
      errorCode: 'not_authorized',
      reason: {
        type: 'missing_permission',
        recordName,
        subjectType: 'user',
        subjectId: stranger.userId,
        resourceKind: 'marker',
        resourceId: 'secret',
        action: 'grantPermission',
      },
    });
    expect(await call('grantPermission', undefined, { recordName, permission: grant('x') })).toMatchObject({
      status: 401,
    });
    expect(await call('grantPermission', owner, { recordName: 'nowhere', permission: grant('x') })).toMatchObject({
      status: 404,
      errorCode: 'record_not_found',
    });
  });
});

describe('roles', () => {
  it('are given, listed both ways, end when they expire, and admin means everything', async () => {
    const recordName = await made();
    const give = (role: string, more: object) => call('grantRole', owner, { recordName, role, ...more });
    expect(await give('admin', { userId: friend.userId, expireTimeMs: world.clock.now() + 10_000 })).toMatchObject({
      status: 200,
    });
    expect(await give('artist', { inst: 'studio/inst' })).toMatchObject({ status: 200 });
    expect(await call('listUserRoles', friend, { recordName, userId: friend.userId })).toMatchObject({
      roles: [{ role: 'admin', expireTimeMs: world.clock.now() + 10_000 }],
    });
    expect(await call('listUserRoles', stranger, { recordName, userId: friend.userId })).toMatchObject({ status: 403 });
    expect(await call('listInstRoles', friend, { recordName, inst: 'studio/inst' })).toMatchObject({
      roles: [{ role: 'artist', expireTimeMs: null }],
    });
    expect(await call('listRoleAssignments', friend, { recordName })).toMatchObject({
      assignments: [
        { type: 'user', userId: friend.userId, role: { role: 'admin' } },
        { type: 'inst', inst: 'studio/inst', role: { role: 'artist', expireTimeMs: null } },
      ],
    });
    world.clock.advance(10_000);
    expect(await call('listRoleAssignments', friend, { recordName })).toMatchObject({ status: 403 });
    expect(await call('listUserRoles', friend, { recordName, userId: friend.userId })).toMatchObject({ roles: [] });
  });

  it('are granted by others for no longer than their permission says', async () => {
    const recordName = await made();
    const permission = {
      ...{ resourceKind: 'role', resourceId: 'guest', action: 'grant', subjectType: 'user', subjectId: friend.userId },
      options: { maxDurationMs: 1_000 },
    };
    expect(await call('grantPermission', owner, { recordName, permission })).toMatchObject({ status: 200 });
    const give = (expireTimeMs: number | null) =>
      call('grantRole', friend, { recordName, role: 'guest', userId: stranger.userId, expireTimeMs });
    for (const late of [null, world.clock.now() + 1_001]) {
      expect(await give(late)).toMatchObject({ status: 403, errorCode: 'not_authorized' });
    }
    expect(await give(world.clock.now() + 1_000)).toMatchObject({ status: 200 });
  });

  it('have names and holders as long as they like', async () => {
    const recordName = await made();
    const [role, inst] = ['☃'.repeat(128), '☃'.repeat(256)];
    expect(await call('grantRole', owner, { recordName, role, inst })).toMatchObject({ status: 200 });
    expect(await call('listInstRoles', owner, { recordName, inst })).toMatchObject({ roles: [{ role }] });
    expect(await call('listRoleAssignments', owner, { recordName, role })).toMatchObject({ totalCount: 1 });
    expect(await call('revokeRole', owner, { recordName, role, inst })).toMatchObject({ status: 200 });
    expect(await call('listRoleAssignments', owner, { recordName })).toMatchObject({ totalCount: 0 });
  });

  it('need a user or an inst, and are taken back', async () => {
    const recordName = await made();
    expect(await call('grantRole', owner, { recordName, role: 'r' })).toMatchObject({ status: 400 });
    await call('grantRole', owner, { recordName, role: 'admin', userId: friend.userId });
    await call('revokeRole', owner, { recordName, role: 'admin', userId: friend.userId });
    expect(await call('listRoleAssignments', friend, { recordName })).toMatchObject({ status: 403 });
  });
});
