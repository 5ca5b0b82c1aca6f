import { describe, expect, it } from '@jest/globals';
import { instancesOver } from '../support/instances.ts';
import { makeWorld } from '../support/world.ts';

const world = await makeWorld();
const { http } = world;
const { person, project, instance, share, key } = instancesOver(world);
const make = (as: string, body: object) => http('POST', '/api/keys', { body: { name: 'script', ...body }, as });
const listed = async (as: string): Promise<string[]> =>
  (await http('GET', '/api/projects', { as })).body.projects.map(
    ({ id, role }: { id: string; role: string }) => `${id} ${role}`,
  );

describe('an API key of one project or instance', () => {
  it('is made by who administers it, and says so', async () => {
    const { sessionKey: as } = await person();
    const { id, defaultInstanceId } = await project(as);
    for (const [scopeType, scopeId] of [
      ['project', id],
      ['instance', defaultInstanceId],
    ]) {
      const { status, body } = await make(as, { scopeType, scopeId, permissions: ['write', 'read', 'write'] });
      expect([status, body]).toEqual([
        201,
        {
          id: expect.any(String),
          name: 'script',
          key: expect.stringMatching(/^mc_live_[0-9a-f]{32}$/),
          keyPrefix: body.key.slice(0, 12),
          scopeType,
          scopeId,
          permissions: ['write', 'read'],
        },
      ]);
      const [row] = (await http('GET', '/api/keys', { as })).body.keys.filter(
        ({ id }: { id: string }) => id === body.id,
      );
      expect(row).toMatchObject({ scope_type: scopeType, scope_id: scopeId, permissions: ['write', 'read'] });
    }
  });

  it('is not made by who does not, as if there were no such thing', async () => {
    const [alice, bob] = [await person(), await person()];
    const { id, defaultInstanceId } = await project(alice.sessionKey);
    await share(alice.sessionKey, `projects/${id}`, { targetType: 'user', targetId: bob.userId, permission: 'write' });
    const refused = [
      await make(bob.sessionKey, { scopeType: 'project', scopeId: id }),
      await make(bob.sessionKey, { scopeType: 'instance', scopeId: defaultInstanceId }),
      await make(alice.sessionKey, { scopeType: 'instance', scopeId: id }),
    ];
    expect(refused.map(({ status, body }) => [status, body])).toEqual([
      [404, { error: 'Project not found' }],
      [404, { error: 'Instance not found' }],
      [404, { error: 'Instance not found' }],
    ]);
    expect((await make(alice.sessionKey, { scopeType: 'project' })).status).toBe(400);
  });

  it('sees its own project in the list, and nothing beside it', async () => {
    const { sessionKey: as } = await person();
    const [one, other] = [await project(as, 'one'), await project(as, 'other')];
    const ofOne = await key(as, { scopeType: 'project', scopeId: one.id, permissions: ['write'] });
    const ofInstance = await key(as, { scopeType: 'instance', scopeId: one.defaultInstanceId });
    const account = await key(as, { scopeType: 'account' });
    expect(await listed(ofOne.key)).toEqual([`${one.id} write`]);
    expect(await listed(ofInstance.key)).toEqual([]);
    expect((await listed(account.key)).sort()).toEqual([`${one.id} read`, `${other.id} read`].sort());
  });

  it('is good for no more than its owner may do now', async () => {
    const [alice, bob] = [await person(), await person()];
    const { id, defaultInstanceId } = await project(alice.sessionKey);
    const give = (permission: string) =>
      share(alice.sessionKey, `projects/${id}`, { targetType: 'user', targetId: bob.userId, permission });
    const given = await give('admin');
    const admin = await key(bob.sessionKey, { scopeType: 'project', scopeId: id, permissions: ['admin'] });
    const role = async () => (await http('GET', `/api/instances/${defaultInstanceId}`, { as: admin.key })).body.role;
    expect(await role()).toBe('admin');
    await give('read');
    expect(await role()).toBe('read');
    await http('DELETE', `/api/shares/${given.id}`, { as: alice.sessionKey });
    expect(await role()).toBeUndefined();
  });

  it('counts nowhere else', async () => {
    const alice = await person();
    const { sessionKey: as, userId } = alice;
    const { id } = await project(as);
    const { id: sibling } = await instance(as, id);
    const scoped = await key(as, { scopeType: 'project', scopeId: id, permissions: ['admin'] });
    const elsewhere: [string, string, object?][] = [
      ['GET', '/rooms/lobby/presence'],
      ['GET', '/api/v2/sessions'],
      ['GET', '/api/v2/records/list'],
      ['POST', '/api/v2/records', { recordName: 'mine' }],
      ['GET', `/api/${userId}/metadata`],
      ['GET', '/api/keys'],
      ['POST', '/api/keys', { name: 'more', scopeType: 'project', scopeId: id }],
      ['POST', '/api/projects', { name: 'more' }],
      ['GET', '/api/groups'],
    ];
    for (const [method, path, body] of elsewhere) {
      expect([path, (await http(method, path, { body, as: scoped.key })).status]).toEqual([path, 403]);
    }
    expect((await http('DELETE', `/api/instances/${sibling}`, { as: scoped.key })).status).toBe(200);
  });
});

describe('API keys', () => {
  it('are a hundred to a user at most, however many are made at once', async () => {
    const { sessionKey: as, userId } = await person();
    await world.ports.table.put({ pk: `OWNED#${userId}`, sk: 'apiKeys', owned: 97 });
    const answers = await Promise.all(Array.from({ length: 7 }, () => make(as, { scopeType: 'account' })));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 201, 409, 409, 409, 409]);
    const [made] = answers.filter(({ status }) => status === 201);
    await http('DELETE', `/api/keys/${made?.body.id}`, { as });
    expect((await make(as, { scopeType: 'account' })).status).toBe(201);
  });
});
