import { describe, expect, it } from '@jest/globals';
import { instancesOver } from '../support/instances.ts';
import { makeWorld } from '../support/world.ts';

const world = await makeWorld();
const { http, clock } = world;
const { person, group, joins, key } = instancesOver(world);
const members = (as: string, id: string) => http('GET', `/api/groups/${id}/members`, { as });

describe('a group', () => {
  it('is made empty, and listed for its owner', async () => {
    const { sessionKey: as } = await person();
    const { status, body } = await http('POST', '/api/groups', { body: { name: 'Gardeners' }, as });
    const created_at = Math.floor(clock.now() / 1000);
    expect([status, body]).toEqual([201, { id: expect.any(String), name: 'Gardeners', created_at }]);
    expect((await http('GET', '/api/groups', { as })).body).toEqual({ groups: [{ ...body, role: 'owner' }] });
    expect((await members(as, body.id)).body).toEqual({ members: [] });
  });

  it.each([
    ['no name', {}, 'Name required'],
    ['an empty name', { name: ' ' }, 'Name required'],
    ['a name of more than 200 characters', { name: 'n'.repeat(201) }, 'name: at most 200 characters'],
  ])('with %s is refused, and told why', async (_, body, error) => {
    const { sessionKey: as } = await person();
    const answer = await http('POST', '/api/groups', { body, as });
    expect([answer.status, answer.body]).toEqual([400, { error: expect.stringContaining(error) }]);
  });

  it('takes users in by id and by address, each once', async () => {
    const [alice, bob] = [await person(), await world.signIn('bob@example.com')];
    const { id } = await group(alice.sessionKey);
    const add = (body: object) => http('POST', `/api/groups/${id}/members`, { body, as: alice.sessionKey });
    const added = await add({ userId: bob.userId });
    expect([added.status, added.body]).toEqual([201, { success: true }]);
    expect((await add({ email: 'BOB@example.com' })).status).toBe(201);
    expect((await members(alice.sessionKey, id)).body).toEqual({
      members: [{ user_id: bob.userId, email: 'bob@example.com', name: null }],
    });
    expect((await http('GET', '/api/groups', { as: bob.sessionKey })).body.groups).toMatchObject([
      { id, role: 'member' },
    ]);
    const refused = [await add({ userId: 'nobody' }), await add({ email: 'nobody@example.com' }), await add({})];
    expect(refused.map(({ status, body }) => [status, body.error])).toEqual([
      [404, 'User not found'],
      [404, 'User not found'],
      [400, 'userId or email required'],
    ]);
  });

  it('is its owner’s to change; members may leave, and strangers know nothing of it', async () => {
    const [alice, bob, carol] = [await person(), await person(), await person()];
    const { id } = await group(alice.sessionKey);
    for (const { userId } of [bob, carol]) await joins(alice.sessionKey, id, userId);
    const stranger = await person();
    const asks = (as: string) => [
      members(as, id),
      http('POST', `/api/groups/${id}/members`, { body: { userId: bob.userId }, as }),
      http('DELETE', `/api/groups/${id}/members/${carol.userId}`, { as }),
      http('DELETE', `/api/groups/${id}`, { as }),
    ];
    for (const { status, body } of await Promise.all(asks(bob.sessionKey))) {
      expect([status, body]).toEqual([403, { error: 'Owner permission required' }]);
    }
    for (const { status, body } of await Promise.all(asks(stranger.sessionKey))) {
      expect([status, body]).toEqual([404, { error: 'Group not found' }]);
    }
    const leaving = await http('DELETE', `/api/groups/${id}/members/${bob.userId}`, { as: bob.sessionKey });
    expect([leaving.status, leaving.body]).toEqual([200, { success: true }]);
    const left = (await members(alice.sessionKey, id)).body.members;
    expect(left.map(({ user_id }: { user_id: string }) => user_id)).toEqual([carol.userId]);
    const again = await http('DELETE', `/api/groups/${id}/members/${bob.userId}`, { as: alice.sessionKey });
    expect([again.status, again.body]).toEqual([404, { error: 'Member not found' }]);
  });

  it('is gone when it is deleted', async () => {
    const [alice, bob] = [await person(), await person()];
    const { id } = await group(alice.sessionKey);
    await joins(alice.sessionKey, id, bob.userId);
    expect((await http('DELETE', `/api/groups/${id}`, { as: alice.sessionKey })).body).toEqual({ success: true });
    expect((await members(alice.sessionKey, id)).status).toBe(404);
    for (const { sessionKey: as } of [alice, bob]) {
      expect((await http('GET', '/api/groups', { as })).body).toEqual({ groups: [] });
    }
  });

  it('takes somebody in person, or a key that may do everything for them', async () => {
    const { sessionKey } = await person();
    const admin = await key(sessionKey, { scopeType: 'account', permissions: ['admin'] });
    const writing = await key(sessionKey, { scopeType: 'account', permissions: ['write'] });
    const make = async (as: string) => (await http('POST', '/api/groups', { body: { name: 'g' }, as })).status;
    expect([await make(admin.key), await make(writing.key)]).toEqual([201, 403]);
  });

  it('is one of a hundred at most', async () => {
    const { sessionKey: as, userId } = await person();
    await world.ports.table.put({ pk: `OWNED#${userId}`, sk: 'groups', owned: 98 });
    const makes = Array.from({ length: 5 }, () => http('POST', '/api/groups', { body: { name: 'more' }, as }));
    const answers = await Promise.all(makes);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 409, 409, 409]);
  });
});
