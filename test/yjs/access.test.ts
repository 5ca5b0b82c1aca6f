import { describe, expect, it } from '@jest/globals';
import type { Features } from '../../functions/core/limits.ts';
import { branchWorld, newBranch } from '../support/branches.ts';
import { recordCalls } from '../support/record-calls.ts';
import type { SignedIn } from '../support/world.ts';
import { pathOf, textOf, type YjsPeer, yjsPeers } from '../support/yjs.ts';

/** Who may be in a branch with a tool of Yjs's, and who may write. */
let features: Features = {};
const world = await branchWorld({}, { of: async () => features });
const { connect, settled } = yjsPeers(world);
const { made, call, grant } = recordCalls(() => world);
const [owner, friend] = [await world.person('owner@example.com'), await world.person('friend@example.com')];

const as = ({ sessionKey }: SignedIn) => ({ query: { access_token: sessionKey } });
const errorsOf = (peer: YjsPeer) => peer.frames('error').map(({ code }) => code);

/** Somebody writes, and waits for the answer. */
async function writes(peer: YjsPeer, text: string): Promise<string[]> {
  const before = errorsOf(peer).length;
  peer.doc.getText('text').insert(0, text);
  await settled();
  return errorsOf(peer).slice(before);
}

describe('a branch in a record', () => {
  it('is made by its first user, and is private', async () => {
    const recordName = await made(owner);
    const branch = { recordName, inst: 'notes', branch: 'default' };
    const mine = await connect(branch, as(owner));
    expect(await writes(mine, 'mine')).toEqual([]);
    expect((await call('listInsts', owner, { recordName })).insts).toEqual([
      { recordName, inst: 'notes', markers: ['private'] },
    ]);
    const theirs = await connect(branch, as(friend));
    expect(errorsOf(theirs)).toContain('not_authorized');
    expect(theirs.messages()).toEqual([]);
    expect(world.isOpen(theirs.client)).toBe(false);
    const nobody = await connect(branch);
    expect(errorsOf(nobody)[0]).toBe('not_logged_in');
    expect(world.isOpen(nobody.client)).toBe(false);
  });

  it('is open to who was granted reading, who is told of each update that writing is not theirs', async () => {
    const recordName = await made(owner);
    const branch = { recordName, inst: 'notes', branch: 'default' };
    const mine = await connect(branch, as(owner));
    const granted = { subjectType: 'user', subjectId: friend.userId, resourceKind: 'inst', resourceId: 'notes' };
    const reading = { ...granted, action: 'read', options: {}, expireTimeMs: null };
    await grant(recordName, owner, reading);
    const theirs = await connect(branch, as(friend));
    await writes(mine, 'read this');
    expect(textOf(theirs)).toBe('read this');
    expect(errorsOf(theirs)).toEqual([]);
    expect(await writes(theirs, 'no ')).toEqual(['not_authorized']);
    expect(await writes(theirs, 'never ')).toEqual(['not_authorized']);
    expect(world.isOpen(theirs.client)).toBe(true);
    expect(textOf(mine)).toBe('read this');
    theirs.say({ kind: 'update', update: new Uint8Array([0, 1, 1, 1, 0, 1]) }, 'mine');
    await settled();
    expect(theirs.frames('error').at(-1)).toMatchObject({ id: 'mine', message: expect.any(String) });
  });

  it('is left by who loses the right to read, with the next word within two seconds', async () => {
    const recordName = await made(owner);
    const branch = { recordName, inst: 'notes', branch: 'default' };
    await connect(branch, as(owner));
    const role = { recordName, userId: friend.userId, role: 'admin' };
    expect(await call('grantRole', owner, role)).toMatchObject({ success: true });
    const theirs = await connect(branch, as(friend));
    expect(await writes(theirs, 'in ')).toEqual([]);
    expect(await call('revokeRole', owner, role)).toMatchObject({ success: true });
    world.advance(2_000);
    expect(await writes(theirs, 'out ')).toEqual(['not_authorized']);
    expect(world.isOpen(theirs.client)).toBe(false);
  });

  it('has no room for more than the subscription allows', async () => {
    const recordName = await made(owner);
    features = { insts: { maxBytesPerInst: 2_000 } };
    const mine = await connect({ recordName, inst: 'small', branch: 'default' }, as(owner));
    expect(await writes(mine, 'x'.repeat(1_000))).toEqual([]);
    expect(await writes(mine, 'y'.repeat(2_000))).toEqual(['max_size_reached']);
    features = {};
  });

  it('lets in as many as the subscription allows', async () => {
    const recordName = await made(owner);
    features = { insts: { maxActiveConnectionsPerInst: 1 } };
    const branch = { recordName, inst: 'two', branch: 'default' };
    await connect(branch, as(owner));
    const second = await connect(branch, as(owner));
    expect(errorsOf(second)).toContain('subscription_limit_reached');
    expect(world.isOpen(second.client)).toBe(false);
    features = {};
  });
});

describe('an API key', () => {
  it('reads, and writes only if it is good for that', async () => {
    const recordName = await made(owner);
    const branch = { recordName, inst: 'notes', branch: 'default' };
    const withKey = async (...permissions: string[]) => {
      const { body } = await world.http('POST', '/api/keys', {
        as: owner.sessionKey,
        body: { name: 'editor', scopeType: 'account', permissions },
      });
      return connect(branch, { query: { apiKey: body.key } });
    };
    const writer = await withKey('read', 'write');
    expect(await writes(writer, 'hello')).toEqual([]);
    const reader = await withKey('read');
    expect(textOf(reader)).toBe('hello');
    expect(await writes(reader, 'no ')).toEqual(['not_authorized']);
    expect([world.isOpen(reader.client), textOf(writer)]).toEqual([true, 'hello']);
  });
});

describe('a session that is revoked', () => {
  it('is worth nothing from the next word on, and its socket ends', async () => {
    const leaver = await world.person('leaver@example.com');
    const peer = await connect(newBranch(), as(leaver));
    expect(await writes(peer, 'hello')).toEqual([]);
    const { sessionId, sessionKey, userId } = leaver;
    await world.http('POST', '/api/v2/revokeSession', { as: sessionKey, body: { userId, sessionId, sessionKey } });
    world.advance(2_000);
    await writes(peer, 'still me?');
    expect(world.isOpen(peer.client)).toBe(false);
    await expect(connect(newBranch(), as(leaver))).rejects.toMatchObject({ status: 401 });
  });
});

describe('a path', () => {
  it.each([
    '/yjs/',
    '/yjs/-',
    '/yjs/-/inst',
    '/yjs/-/inst/',
    '/yjs/-//default',
    '/yjs/-/inst/default/more',
    '/yjs/-/%E0%A4%A/default',
    `/yjs/-/${'x'.repeat(257)}/default`,
  ])('that names no branch is refused: %s', async (path) => {
    const client = await world.connect({ path });
    await world.settled();
    expect(client.texts.map((text) => JSON.parse(text).code)).toEqual(['unacceptable_request']);
    expect(world.isOpen(client)).toBe(false);
  });

  it('may name anything', async () => {
    const branch = { ...newBranch('näme / with # % ? and 🎈'), inst: '-' };
    const ann = await connect(branch);
    expect(await writes(ann, 'here')).toEqual([]);
    expect(textOf(await connect(branch))).toBe('here');
    expect(textOf(await connect({ ...branch, branch: 'other' }))).toBe('');
  });

  it('may name the record by a key of it', async () => {
    const recordName = await made(owner);
    const { recordKey } = await call('createRecordKey', owner, { recordName, policy: 'subjectfull' });
    const mine = await connect({ recordName, inst: 'notes', branch: 'default' }, as(owner));
    await writes(mine, 'same');
    expect(textOf(await connect({ recordName: recordKey, inst: 'notes', branch: 'default' }, as(owner)))).toBe('same');
    expect(pathOf({ recordName, inst: 'a b', branch: 'c' })).toBe(`/yjs/${recordName}/a%20b/c`);
  });
});
