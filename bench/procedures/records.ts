import type { SignedIn, World } from '../../test/support/world.ts';
import type { Probe } from './probe.ts';

/** A user's record, and what friends and strangers do in it. Values have half a KB. */

const value = { text: 'x'.repeat(500) };
const other = { text: 'y'.repeat(500) };
/** One more than a page of a list. */
const listed = 11;

interface Scene {
  readonly probe: Probe;
  readonly owner: SignedIn;
  readonly friend: SignedIn;
  readonly recordName: string;
  readonly recordKey: string;
}

export async function records(world: World, probe: Probe, round: number): Promise<void> {
  const owner = await world.signIn(`owner-${round}@example.com`);
  const friend = await world.signIn(`friend-${round}@example.com`);
  const recordName = `record-${round}`;
  const as = owner.sessionKey;
  await probe.call('createRecord', { recordName }, { as });
  await probe.call('listRecords', {}, { as });
  const { recordKey } = await probe.call('createRecordKey', { recordName, policy: 'subjectless' }, { as });
  const scene: Scene = { probe, owner, friend, recordName, recordKey };
  await data(scene);
  await manualData(scene);
  await permissions(scene);
  await events(scene);
}

async function data({ probe: { call }, owner, recordName, recordKey }: Scene): Promise<void> {
  const as = owner.sessionKey;
  const at = (n: number) => ({ address: `place-${n}` });
  const write = { recordKey: recordName, data: value };
  for (let n = 1; n <= listed; n++) await call('recordData', { ...write, ...at(n) }, { as, how: 'new' });
  await call('recordData', { ...write, ...at(1), data: other }, { as, how: 'over another' });
  await call('recordData', { ...write, recordKey, ...at(1) }, { how: 'with a record key' });
  await call('getData', { recordName, ...at(1) }, { how: 'public, by anybody' });
  await call('listData', { recordName }, { as, how: 'ten of eleven' });
  await call('listData', { recordName, marker: 'publicRead' }, { how: 'ten of eleven, by marker' });
  await call('eraseData', { recordKey: recordName, ...at(1) }, { as });
}

async function manualData({ probe: { call }, owner, recordName }: Scene): Promise<void> {
  const as = owner.sessionKey;
  const address = 'place';
  await call('recordManualData', { recordKey: recordName, address, data: value }, { as });
  await call('getManualData', { recordName, address });
  await call('deleteManualData', { recordKey: recordName, address }, { as });
}

/** A friend reads secret data: by a permission of their own, and by one of a role that they have. */
async function permissions({ probe: { call }, owner, friend, recordName }: Scene): Promise<void> {
  const as = owner.sessionKey;
  const secret = { recordName, address: 'secret' };
  const { userId } = friend;
  const writing = { recordKey: recordName, address: 'secret', data: value, markers: ['secret'] };
  await call('recordData', writing, { as, how: 'new, with a marker of its own' });
  await call('getData', secret, { as, how: 'secret, by the owner' });

  const permission = { marker: 'secret', resourceKind: 'data', action: 'read' };
  const toFriend = { ...permission, subjectType: 'user', subjectId: userId };
  await call('grantPermission', { recordName, permission: toFriend }, { as });
  const { markerPermissions } = await call('listPermissions', { recordName, marker: 'secret' }, { as });
  await call('getData', secret, { as: friend.sessionKey, how: 'secret, by a permission' });
  await call('revokePermission', { permissionId: markerPermissions[0].id }, { as });

  const toRole = { ...permission, subjectType: 'role', subjectId: 'helper' };
  await call('grantPermission', { recordName, permission: toRole }, { as });
  await call('grantRole', { recordName, role: 'helper', userId }, { as });
  await call('getData', secret, { as: friend.sessionKey, how: "secret, by a role's permission" });
  await call('listUserRoles', { recordName, userId }, { as });
  await call('listInstRoles', { recordName, inst: `${recordName}/inst` }, { as });
  await call('listRoleAssignments', { recordName }, { as });
  await call('revokeRole', { recordName, role: 'helper', userId }, { as });
}

async function events({ probe: { call }, owner, recordName }: Scene): Promise<void> {
  const as = owner.sessionKey;
  const eventName = 'visited';
  const count = { recordKey: recordName, eventName, count: 1 };
  await call('addEventCount', count, { as, how: 'the first' });
  await call('addEventCount', count, { as, how: 'another' });
  const headers = { 'idempotency-key': 'once' };
  await call('addEventCount', count, { as, headers, how: 'with an idempotency key' });
  await call('getEventCount', { recordName, eventName });
  await call('updateEvent', { recordKey: recordName, eventName, count: 7 }, { as });
  await call('listEvents', { recordName }, { as });
}
