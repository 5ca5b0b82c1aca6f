import { describe, expect, it } from '@jest/globals';
import { instancesOver } from '../support/instances.ts';
import { makeWorld } from '../support/world.ts';

const world = await makeWorld();
const { http, clock } = world;
const { person, project, share, group, joins } = instancesOver(world);
const seconds = () => Math.floor(clock.now() / 1000);
const list = async (as: string) => (await http('GET', '/api/projects', { as })).body.projects;

describe('a project', () => {
  it('is made with an instance named main', async () => {
    const { sessionKey: as } = await person();
    const { status, body, headers } = await http('POST', '/api/projects', {
      body: { name: '  Garden ', description: 'Green' },
      as,
    });
    expect(status).toBe(201);
    expect(headers['access-control-allow-origin']).toBe('*');
    expect(body).toEqual({
      id: expect.any(String),
      name: 'Garden',
      description: 'Green',
      defaultInstanceId: expect.any(String),
      created_at: seconds(),
      updated_at: seconds(),
    });
    const { body: found } = await http('GET', `/api/projects/${body.id}/instances`, { as });
    expect(found).toEqual({
      instances: [
        {
          id: body.defaultInstanceId,
          name: 'main',
          is_readonly: 0,
          created_at: seconds(),
          updated_at: seconds(),
        },
      ],
    });
  });

  it('is shown as it is listed', async () => {
    const { sessionKey: as } = await person();
    const { id } = await project(as);
    const row = {
      id,
      name: 'Garden',
      description: null,
      created_at: seconds(),
      updated_at: seconds(),
      role: 'owner',
    };
    expect((await http('GET', `/api/projects/${id}`, { as })).body).toEqual(row);
    expect(await list(as)).toEqual([row]);
  });

  it('is changed where something is said', async () => {
    const { sessionKey: as } = await person();
    const { id } = await project(as);
    const change = (body: object) => http('PUT', `/api/projects/${id}`, { body, as });
    const now = async () => {
      const { name, description, updated_at } = (await http('GET', `/api/projects/${id}`, { as })).body;
      return [name, description, updated_at];
    };
    clock.advance(2_000);
    expect((await change({ description: 'Green' })).body).toEqual({ success: true });
    expect(await now()).toEqual(['Garden', 'Green', seconds()]);
    await change({ name: 'Park' });
    expect(await now()).toEqual(['Park', 'Green', seconds()]);
    await change({ description: null });
    expect(await now()).toEqual(['Park', null, seconds()]);
  });

  it('does not exist for others', async () => {
    const [{ sessionKey: as }, stranger] = [await person(), await person()];
    const { id } = await project(as);
    const asks: [string, string, object?][] = [
      ['GET', ''],
      ['PUT', '', { name: 'Mine' }],
      ['DELETE', ''],
      ['GET', '/instances'],
      ['POST', '/instances', { name: 'mine' }],
      ['GET', '/shares'],
      ['POST', '/shares', { targetType: 'public', permission: 'admin' }],
    ];
    for (const [method, path, body] of asks) {
      const answer = await http(method, `/api/projects/${id}${path}`, { as: stranger.sessionKey, body });
      expect([method, path, answer.status, answer.body]).toEqual([method, path, 404, { error: 'Project not found' }]);
    }
    expect(await list(stranger.sessionKey)).toEqual([]);
  });

  it.each<[string, unknown, string]>([
    ['no name', {}, 'Name required'],
    ['an empty name', { name: ' ' }, 'Name required'],
    ['a number for a name', { name: 1 }, 'Name required'],
    ['no JSON', '{', 'Invalid JSON body'],
  ])('with %s is refused in the words that clients know', async (_, body, error) => {
    const { sessionKey: as } = await person();
    const answer = await http('POST', '/api/projects', { body, as });
    expect([answer.status, answer.body]).toEqual([400, { error }]);
    const unknown = await http('POST', '/api/projects', { body });
    expect([unknown.status, unknown.body]).toEqual([401, { error: 'Authorization required' }]);
  });

  it('keeps both of two changes that are made at once', async () => {
    const { sessionKey: as } = await person();
    const { id } = await project(as);
    const change = (body: object) => http('PUT', `/api/projects/${id}`, { body, as });
    const answers = await Promise.all([change({ name: 'new' }), change({ description: 'new' })]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    const { body } = await http('GET', `/api/projects/${id}`, { as });
    expect(body).toMatchObject({ name: 'new', description: 'new' });
  });

  it('has a name of 200 characters and a description of 2,000 at most', async () => {
    const { sessionKey: as } = await person();
    const make = async (name: number, description: number) => {
      const body = { name: 'n'.repeat(name), description: 'd'.repeat(description) };
      return (await http('POST', '/api/projects', { body, as })).status;
    };
    expect([await make(200, 2_000), await make(201, 0), await make(1, 2_001)]).toEqual([201, 400, 400]);
  });
});

describe('the list of projects', () => {
  it('has what was changed last first, and what was given to its reader, each once', async () => {
    const [alice, bob] = [await person(), await person()];
    const [own, direct, byGroup, twice, open] = [
      await project(bob.sessionKey, 'own'),
      await project(alice.sessionKey, 'direct'),
      await project(alice.sessionKey, 'by group'),
      await project(alice.sessionKey, 'twice'),
      await project(alice.sessionKey, 'open'),
    ];
    const { id: groupId } = await group(alice.sessionKey);
    await joins(alice.sessionKey, groupId, bob.userId);
    const give = (id: string, body: object) => share(alice.sessionKey, `projects/${id}`, body);
    await give(direct.id, { targetType: 'user', targetId: bob.userId, permission: 'write' });
    await give(byGroup.id, { targetType: 'group', targetId: groupId, permission: 'admin' });
    await give(twice.id, { targetType: 'group', targetId: groupId, permission: 'admin' });
    await give(twice.id, { targetType: 'user', targetId: bob.userId, permission: 'read' });
    await give(open.id, { targetType: 'public', permission: 'read' });
    clock.advance(1_000);
    await http('PUT', `/api/projects/${direct.id}`, { body: { name: 'changed' }, as: alice.sessionKey });
    const found: { id: string; name: string; role: string }[] = await list(bob.sessionKey);
    expect(found[0]).toMatchObject({ id: direct.id, name: 'changed' });
    expect(Object.fromEntries(found.map(({ id, role }) => [id, role]))).toEqual({
      [own.id]: 'owner',
      [direct.id]: 'write',
      [byGroup.id]: 'admin',
      [twice.id]: 'admin',
    });
    expect(found).toHaveLength(4);
    expect((await http('GET', `/api/projects/${open.id}`, { as: bob.sessionKey })).body.role).toBe('read');
    await http('DELETE', `/api/groups/${groupId}`, { as: alice.sessionKey });
    expect((await list(bob.sessionKey)).map(({ role }: { role: string }) => role).sort()).toEqual([
      'owner',
      'read',
      'write',
    ]);
  });
});

describe('projects', () => {
  it('are a thousand to a user at most, however many are made at once', async () => {
    const { sessionKey: as, userId } = await person();
    await world.ports.table.put({ pk: `OWNED#${userId}`, sk: 'projects', owned: 997 });
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => http('POST', '/api/projects', { body: { name: 'more' }, as })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 201, 409, 409, 409, 409, 409]);
    const refused = answers.find(({ status }) => status === 409);
    expect(refused?.body).toEqual({ error: expect.stringContaining('1000 projects'), code: 'LIMIT_EXCEEDED' });
    const [first] = await list(as);
    await http('DELETE', `/api/projects/${first.id}`, { as });
    expect((await http('POST', '/api/projects', { body: { name: 'again' }, as })).status).toBe(201);
    expect(await list(as)).toHaveLength(3);
  });
});
