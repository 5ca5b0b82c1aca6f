import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { instancesOver } from '../support/instances.ts';
import { memoryWorld } from '../support/memory.ts';

const world = await memoryWorld({}, { wait: (ms) => setTimeout(Math.min(ms, 20)) });
const { http, person, settled } = world;
const { project, instance, share } = instancesOver({ http, signIn: person });
const seconds = expect.any(Number);

async function owned() {
  const { sessionKey: as, userId } = await person();
  const { id, defaultInstanceId } = await project(as);
  return { as, userId, id, main: defaultInstanceId };
}

describe('an instance', () => {
  it('is made in a project, and shown with what one may do there', async () => {
    const { as, id } = await owned();
    const { status, body } = await http('POST', `/api/projects/${id}/instances`, { body: { name: 'night' }, as });
    expect([status, body]).toEqual([201, { id: expect.any(String), name: 'night' }]);
    expect((await http('GET', `/api/instances/${body.id}`, { as })).body).toEqual({
      id: body.id,
      project_id: id,
      name: 'night',
      is_readonly: 0,
      created_at: seconds,
      updated_at: seconds,
      role: 'owner',
    });
    const listed = (await http('GET', `/api/projects/${id}/instances`, { as })).body.instances;
    expect(listed.map(({ name }: { name: string }) => name)).toEqual(['night', 'main']);
  });

  it('is renamed, and closed to writing, where something is said', async () => {
    const { as, main } = await owned();
    const change = (body: object) => http('PATCH', `/api/instances/${main}`, { body, as });
    const renamed = await change({ name: '  day ' });
    const row = { id: main, name: 'day', is_readonly: 0, created_at: seconds, updated_at: seconds };
    expect([renamed.status, renamed.body]).toEqual([200, row]);
    expect((await change({ is_readonly: 1 })).body).toEqual({ ...row, is_readonly: 1 });
    const write = () => http('PUT', `/api/instances/${main}/keys/k`, { body: { value: 1 }, as });
    expect((await write()).status).toBe(403);
    expect((await change({ is_readonly: false })).body).toEqual(row);
    expect((await write()).status).toBe(200);
    const refused = await change({ name: '  ' });
    expect([refused.status, refused.body]).toEqual([400, { error: 'Name is required' }]);
    expect((await change({ is_readonly: 2 })).status).toBe(400);
  });

  it('keeps both of two changes that are made at once', async () => {
    const { as, main } = await owned();
    const change = (body: object) => http('PATCH', `/api/instances/${main}`, { body, as });
    const answers = await Promise.all([change({ name: 'night' }), change({ is_readonly: 1 })]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect((await http('GET', `/api/instances/${main}`, { as })).body).toMatchObject({ name: 'night', is_readonly: 1 });
  });

  it.each([{}, { name: '' }, { name: 3 }])('is not made without a name: %j', async (body) => {
    const { as, id } = await owned();
    const answer = await http('POST', `/api/projects/${id}/instances`, { body, as });
    expect([answer.status, answer.body]).toEqual([400, { error: 'Name required' }]);
  });

  it('belongs to who made it, and to whose project it is', async () => {
    const { as, id } = await owned();
    const bob = await person();
    await share(as, `projects/${id}`, { targetType: 'user', targetId: bob.userId, permission: 'admin' });
    const made = await instance(bob.sessionKey, id);
    for (const reader of [as, bob.sessionKey]) {
      expect((await http('GET', `/api/instances/${made.id}`, { as: reader })).body.role).toBe('owner');
    }
    expect((await http('DELETE', `/api/projects/${id}`, { as: bob.sessionKey })).body).toEqual({
      error: 'Owner permission required',
    });
    expect((await http('DELETE', `/api/instances/${made.id}`, { as: bob.sessionKey })).status).toBe(200);
  });

  it('is one of a thousand in its project at most, however many are made at once', async () => {
    const { as, id } = await owned();
    const { table } = world.ports;
    const key = { pk: `PROJECT#${id}`, sk: 'PROJECT' };
    await table.put({ ...(await table.get(key)), ...key, instances: 998 });
    const makes = Array.from({ length: 6 }, (_, at) =>
      http('POST', `/api/projects/${id}/instances`, { body: { name: `n${at}` }, as }),
    );
    const answers = await Promise.all(makes);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 409, 409, 409, 409]);
  });
});

describe('a copy', () => {
  it('has the keys of its original, and goes its own way', async () => {
    const { as, id, main } = await owned();
    const write = (to: string, key: string, value: unknown) =>
      http('PUT', `/api/instances/${to}/keys/${key}`, { body: { value, attributes: { zIndex: 3 } }, as });
    await write(main, 'a', { deep: [1] });
    await write(main, 'b', 'two');
    expect(await instance(as, id, { cloneFrom: null })).toHaveProperty('id');
    const made = await instance(as, id, { cloneFrom: main });
    await write(main, 'a', 'later');
    const { body } = await http('GET', `/api/instances/${made.id}/keys`, { as });
    expect(body.keys).toMatchObject({
      a: { value: { deep: [1] }, attributes: { zIndex: 3 } },
      b: { value: 'two' },
    });
  });

  it('is made by who may read the original, into another project as well', async () => {
    const [alice, bob] = [await owned(), await owned()];
    await http('PUT', `/api/instances/${alice.main}/keys/a`, { body: { value: 1 }, as: alice.as });
    const copy = () =>
      http('POST', `/api/projects/${bob.id}/instances`, { body: { name: 'copy', cloneFrom: alice.main }, as: bob.as });
    const refused = await copy();
    expect([refused.status, refused.body]).toEqual([404, { error: 'Instance not found' }]);
    expect((await http('GET', `/api/projects/${bob.id}/instances`, { as: bob.as })).body.instances).toHaveLength(1);
    await share(alice.as, `instances/${alice.main}`, { targetType: 'public', permission: 'read' });
    const { status, body } = await copy();
    expect(status).toBe(201);
    expect((await http('GET', `/api/instances/${body.id}/keys/a`, { as: bob.as })).body.value).toBe(1);
  });
});

describe('a deleted instance', () => {
  it('is gone at once, its sockets within seconds, and nothing is left of it', async () => {
    const { as, id, main, userId } = await owned();
    await http('PUT', `/api/instances/${main}/keys/a`, { body: { value: 1 }, as });
    await share(as, `instances/${main}`, { targetType: 'public', permission: 'read' });
    const client = await world.connect(main, undefined, { query: { access_token: as } });
    expect(client.frames()[0]).toMatchObject({ userId });
    const answer = await http('DELETE', `/api/instances/${main}`, { as });
    expect([answer.status, answer.body]).toEqual([200, { success: true }]);
    for (const path of [`instances/${main}`, `instances/${main}/keys`, `instances/${main}/shares`]) {
      const gone = await http('GET', `/api/${path}`, { as });
      expect([gone.status, gone.body]).toEqual([404, { error: 'Instance not found' }]);
    }
    expect((await http('GET', `/api/projects/${id}/instances`, { as })).body).toEqual({ instances: [] });
    expect((await http('DELETE', `/api/instances/${main}`, { as })).status).toBe(404);
    await settled();
    expect(world.endedFor(client.socket)).toBe('instanceDeleted');
    expect(await world.ports.table.query({ pk: `SHARES#instance#${main}` })).toEqual([]);
    expect(world.dead).toEqual([]);
  });
});
