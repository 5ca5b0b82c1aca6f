import { describe, expect, it } from '@jest/globals';
import { instancesOver } from '../support/instances.ts';
import { makeWorld } from '../support/world.ts';

const world = await makeWorld();
const { http, clock, fanOut } = world;
const { person, project, share, group, joins } = instancesOver(world);
const roleOf = async (as: string, path: string) => (await http('GET', `/api/${path}`, { as })).body.role;

describe('sharing', () => {
  it('gives somebody a level on a project and all of its instances', async () => {
    const [alice, bob] = [await person(), await person()];
    const { id, defaultInstanceId } = await project(alice.sessionKey);
    const body = { targetType: 'user', targetId: bob.userId, permission: 'write' };
    const answer = await http('POST', `/api/projects/${id}/shares`, { body, as: alice.sessionKey });
    expect([answer.status, answer.body]).toEqual([201, { id: expect.any(String), ...body }]);
    expect(await roleOf(bob.sessionKey, `projects/${id}`)).toBe('write');
    expect(await roleOf(bob.sessionKey, `instances/${defaultInstanceId}`)).toBe('write');
  });

  it('of an instance gives nothing on its project or its siblings', async () => {
    const [alice, bob] = [await person(), await person()];
    const { instance } = instancesOver(world);
    const { id, defaultInstanceId } = await project(alice.sessionKey);
    const sibling = await instance(alice.sessionKey, id);
    await share(alice.sessionKey, `instances/${defaultInstanceId}`, {
      targetType: 'user',
      targetId: bob.userId,
      permission: 'admin',
    });
    expect(await roleOf(bob.sessionKey, `instances/${defaultInstanceId}`)).toBe('admin');
    for (const path of [`instances/${sibling.id}`, `projects/${id}`, `projects/${id}/instances`]) {
      expect((await http('GET', `/api/${path}`, { as: bob.sessionKey })).status).toBe(404);
    }
    // Whoever was given an instance may not take it from its project.
    const taking = await http('DELETE', `/api/instances/${defaultInstanceId}`, { as: bob.sessionKey });
    expect([taking.status, taking.body]).toEqual([403, { error: 'Admin permission required' }]);
  });

  it('takes an address for a user, however it is written', async () => {
    const alice = await person();
    const bob = await world.signIn('bob@example.com');
    const { id } = await project(alice.sessionKey);
    const body = { targetType: 'user', targetEmail: 'Bob@Example.com', permission: 'read' };
    const made = await share(alice.sessionKey, `projects/${id}`, body);
    expect(made).toEqual({ id: expect.any(String), ...body });
    expect(await roleOf(bob.sessionKey, `projects/${id}`)).toBe('read');
  });

  it('may say null where nothing is meant', async () => {
    const [alice, bob] = [await person(), await person()];
    const { id } = await project(alice.sessionKey);
    const said = (body: object) => http('POST', `/api/projects/${id}/shares`, { body, as: alice.sessionKey });
    const nobody = { targetId: null, targetEmail: null, permission: 'read' };
    expect((await said({ ...nobody, targetType: 'public' })).status).toBe(201);
    for (const targetType of ['user', 'group']) expect((await said({ ...nobody, targetType })).status).toBe(400);
    expect((await said({ ...nobody, targetType: 'user', targetId: bob.userId })).status).toBe(201);
    expect(await roleOf(bob.sessionKey, `projects/${id}`)).toBe('read');
  });

  it('with a group gives it to who is in it, for as long as they are', async () => {
    const [alice, bob] = [await person(), await person()];
    const { id } = await project(alice.sessionKey);
    const { id: groupId } = await group(alice.sessionKey);
    await share(alice.sessionKey, `projects/${id}`, { targetType: 'group', targetId: groupId, permission: 'write' });
    expect(await roleOf(bob.sessionKey, `projects/${id}`)).toBeUndefined();
    await joins(alice.sessionKey, groupId, bob.userId);
    expect(await roleOf(bob.sessionKey, `projects/${id}`)).toBe('write');
    await http('DELETE', `/api/groups/${groupId}/members/${bob.userId}`, { as: alice.sessionKey });
    expect(await roleOf(bob.sessionKey, `projects/${id}`)).toBeUndefined();
  });

  it('again with the same target changes what it may do, and keeps the share', async () => {
    const [alice, bob] = [await person(), await person()];
    const { id } = await project(alice.sessionKey);
    const give = (permission: string) =>
      share(alice.sessionKey, `projects/${id}`, { targetType: 'user', targetId: bob.userId, permission });
    const first = await give('admin');
    clock.advance(1_000);
    expect((await give('read')).id).toBe(first.id);
    const { body } = await http('GET', `/api/projects/${id}/shares`, { as: alice.sessionKey });
    expect(body.shares).toEqual([expect.objectContaining({ id: first.id, permission: 'read' })]);
    expect(await roleOf(bob.sessionKey, `projects/${id}`)).toBe('read');
    expect((await http('GET', '/api/projects', { as: bob.sessionKey })).body.projects).toMatchObject([
      { role: 'read' },
    ]);
  });

  it('at once with the same target makes one share', async () => {
    const [alice, bob] = [await person(), await person()];
    const { id } = await project(alice.sessionKey);
    const give = (permission: string) =>
      share(alice.sessionKey, `projects/${id}`, { targetType: 'user', targetId: bob.userId, permission });
    const made = await Promise.all(['read', 'write', 'admin', 'read'].map(give));
    expect(new Set(made.map((one) => one.id)).size).toBe(1);
    const { body } = await http('GET', `/api/projects/${id}/shares`, { as: alice.sessionKey });
    expect(body.shares).toHaveLength(1);
    const listed = (await http('GET', '/api/projects', { as: bob.sessionKey })).body.projects;
    expect(listed[0].role).toBe(body.shares[0].permission);
  });

  it.each<[string, object, number, string]>([
    ['a user without saying whom', { targetType: 'user' }, 400, 'targetId or targetEmail required'],
    ['a group without saying which', { targetType: 'group' }, 400, 'targetId required'],
    ['an unknown user', { targetType: 'user', targetId: 'nobody' }, 404, 'User not found'],
    ['an unknown address', { targetType: 'user', targetEmail: 'nobody@example.com' }, 404, 'User not found'],
    ['an unknown group', { targetType: 'group', targetId: 'none' }, 404, 'Group not found'],
    ['a galaxy', { targetType: 'galaxy' }, 400, 'targetType'],
    ['a permission there is none of', { targetType: 'public', permission: 'fly' }, 400, 'permission'],
  ])('with %s is refused', async (_, more, status, words) => {
    const { sessionKey: as } = await person();
    const { id, defaultInstanceId } = await project(as);
    for (const what of [`projects/${id}`, `instances/${defaultInstanceId}`]) {
      const answer = await http('POST', `/api/${what}/shares`, { body: { permission: 'read', ...more }, as });
      expect([answer.status, answer.body]).toEqual([status, { error: expect.stringContaining(words) }]);
    }
  });
});

describe('the list of shares', () => {
  it('names whom something is shared with, the first first', async () => {
    const alice = await person();
    const bob = await world.signIn('bert@example.com');
    await http('PUT', `/api/${bob.userId}/metadata`, { body: { name: 'Bert' }, as: bob.sessionKey });
    const { defaultInstanceId } = await project(alice.sessionKey);
    const { id: groupId } = await group(alice.sessionKey, 'Friends');
    const at = `instances/${defaultInstanceId}`;
    const given = [
      { targetType: 'user', targetId: bob.userId, permission: 'read' },
      { targetType: 'group', targetId: groupId, permission: 'write' },
      { targetType: 'public', permission: 'admin' },
    ];
    const ids: string[] = [];
    for (const body of given) {
      ids.push((await share(alice.sessionKey, at, body)).id);
      clock.advance(1_000);
    }
    const { body } = await http('GET', `/api/${at}/shares`, { as: alice.sessionKey });
    const created_at = expect.any(Number);
    expect(body.shares).toEqual([
      {
        id: ids[0],
        target_type: 'user',
        target_id: bob.userId,
        permission: 'read',
        created_at,
        target_email: 'bert@example.com',
        target_name: 'Bert',
      },
      {
        id: ids[1],
        target_type: 'group',
        target_id: groupId,
        permission: 'write',
        created_at,
        target_email: null,
        target_name: 'Friends',
      },
      {
        id: ids[2],
        target_type: 'public',
        target_id: null,
        permission: 'admin',
        created_at,
        target_email: null,
        target_name: null,
      },
    ]);
  });
});

describe('taking back', () => {
  it('counts with the next request, and has sockets looked at', async () => {
    const [alice, bob] = [await person(), await person()];
    const { id } = await project(alice.sessionKey);
    const made = await share(alice.sessionKey, `projects/${id}`, {
      targetType: 'user',
      targetId: bob.userId,
      permission: 'read',
    });
    const answer = await http('DELETE', `/api/shares/${made.id}`, { as: alice.sessionKey });
    expect([answer.status, answer.body]).toEqual([200, { success: true }]);
    expect(await roleOf(bob.sessionKey, `projects/${id}`)).toBeUndefined();
    expect((await http('GET', '/api/projects', { as: bob.sessionKey })).body.projects).toEqual([]);
    expect(fanOut.jobs.at(-1)).toMatchObject({
      kind: 'recheck-access',
      body: { resources: [{ type: 'project', id }], userId: bob.userId },
    });
    expect((await http('DELETE', `/api/shares/${made.id}`, { as: alice.sessionKey })).status).toBe(404);
  });

  it('is for who administers the thing; to all others there is no such share', async () => {
    const [alice, bob, stranger] = [await person(), await person(), await person()];
    const { id } = await project(alice.sessionKey);
    const made = await share(alice.sessionKey, `projects/${id}`, {
      targetType: 'user',
      targetId: bob.userId,
      permission: 'write',
    });
    for (const { sessionKey: as } of [bob, stranger]) {
      const answer = await http('DELETE', `/api/shares/${made.id}`, { as });
      expect([answer.status, answer.body]).toEqual([404, { error: 'Share not found' }]);
    }
    expect(await roleOf(bob.sessionKey, `projects/${id}`)).toBe('write');
  });

  it('at once happens once', async () => {
    const { sessionKey: as } = await person();
    const { id } = await project(as);
    const made = await share(as, `projects/${id}`, { targetType: 'public', permission: 'read' });
    const answers = await Promise.all([1, 2, 3, 4].map(() => http('DELETE', `/api/shares/${made.id}`, { as })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 404, 404, 404]);
    const again = await share(as, `projects/${id}`, { targetType: 'public', permission: 'write' });
    expect(again.id).not.toBe(made.id);
  });
});
