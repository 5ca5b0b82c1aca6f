import { beforeAll, describe, expect, it } from '@jest/globals';
import * as Y from 'yjs';
import { writeToBranch } from '../support/documents.ts';
import { recordCalls } from '../support/record-calls.ts';
import type { SignedIn, World } from '../support/world.ts';
import { makeWorld } from '../support/world.ts';

let world: World;
let owner: SignedIn;
let friend: SignedIn;
beforeAll(async () => {
  world = await makeWorld({ anonymous: new Set(['insts']) });
  owner = await world.signIn('owner@example.com');
  friend = await world.signIn('friend@example.com');
});
const { call, made, grant } = recordCalls(() => world);

/** An update that adds a bot. */
function bot(id: string, tags: Record<string, unknown>): string {
  const doc = new Y.Doc();
  doc.getMap('bots').set(id, new Y.Map(Object.entries(tags)));
  return Buffer.from(Y.encodeStateAsUpdate(doc)).toString('base64');
}
const write = (recordName: string | null, inst: string, updates: string[], branch?: string) =>
  writeToBranch(world.ports, owner, { recordName, inst, branch }, updates);

describe('the data of an inst', () => {
  it('are its bots, for pages of any origin', async () => {
    await write(null, 'public', [bot('one', { label: 'hello' }), 'no update']);
    await write(null, 'public', [bot('two', {})]);
    const state = { one: { id: 'one', tags: { label: 'hello' } }, two: { id: 'two', tags: {} } };
    const headers = { origin: 'https://anywhere.example' };
    const byPath = await world.http('GET', '/instData?inst=public', { headers });
    expect([byPath.status, byPath.body]).toEqual([200, { success: true, data: { version: 1, state } }]);
    expect(byPath.headers['access-control-allow-origin']).toBe('https://anywhere.example');
    const input = { recordName: null, inst: 'public', branch: 'default' };
    expect(await call('getInstData', undefined, input)).toMatchObject({ success: true, data: { version: 1, state } });
  });

  it('are those of one branch', async () => {
    await write(null, 'branches', [bot('one', {})]);
    await write(null, 'branches', [bot('other', {})], 'other');
    const { data } = await call('getInstData', undefined, { inst: 'branches', branch: 'other' });
    expect(Object.keys(data.state)).toEqual(['other']);
  });

  it('are none of a public inst that nobody has made, and of a branch that is empty', async () => {
    const empty = { status: 200, data: { version: 1, state: {} } };
    expect(await call('getInstData', undefined, { inst: 'nothing' })).toMatchObject(empty);
    await write(null, 'something', [bot('one', {})]);
    expect(await call('getInstData', undefined, { inst: 'something', branch: 'nothing' })).toMatchObject(empty);
  });

  it('are refused to who may not read the inst, and of records without one', async () => {
    const recordName = await made(owner);
    await write(recordName, 'private', [bot('one', {})]);
    const reading = { recordName, inst: 'private' };
    expect(await call('getInstData', owner, reading)).toMatchObject({ status: 200, data: { state: { one: {} } } });
    expect(await call('getInstData', friend, reading)).toMatchObject({ status: 403, errorCode: 'not_authorized' });
    expect(await call('getInstData', undefined, reading)).toMatchObject({ status: 401, errorCode: 'not_logged_in' });
    const may = { resourceKind: 'inst', action: 'read', subjectType: 'user', subjectId: friend.userId };
    await grant(recordName, owner, { ...may, resourceId: 'private' });
    expect(await call('getInstData', friend, reading)).toMatchObject({ status: 200 });
    const missing = { recordName, inst: 'missing' };
    expect(await call('getInstData', owner, missing)).toMatchObject({ status: 404, errorCode: 'inst_not_found' });
    const nowhere = { recordName: 'no-such-record', inst: 'missing' };
    expect(await call('getInstData', owner, nowhere)).toMatchObject({ status: 404, errorCode: 'record_not_found' });
  });

  it('are not what an inst of the same name had that is gone', async () => {
    const recordName = await made(owner);
    await write(recordName, 'again', [bot('before', {})]);
    await call('deleteInst', owner, { recordName, inst: 'again' });
    expect(await call('getInstData', owner, { recordName, inst: 'again' })).toMatchObject({ status: 404 });
    await write(recordName, 'again', [bot('after', {})], 'other');
    const { data } = await call('getInstData', owner, { recordName, inst: 'again' });
    expect(data).toEqual({ version: 1, state: {} });
  });
});
