import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { makeWorld, type SignedIn } from '../support/world.ts';

const world = await makeWorld({ anonymous: new Set() });
const { http, clock, fanOut } = world;

let count = 0;
const signIn = () => world.signIn(`owner-${++count}@example.com`);
const make = (as: string | undefined, more: object = {}) =>
  http('POST', '/api/keys', { body: { name: 'script', scopeType: 'account', ...more }, as });
const list = async (as: string) => (await http('GET', '/api/keys', { as })).body.keys;
const keyOf = async ({ sessionKey }: SignedIn, permissions?: readonly string[]) =>
  (await make(sessionKey, permissions ? { permissions } : {})).body;

describe('an API key', () => {
  it('is shown once, when it is made', async () => {
    const alice = await signIn();
    const { status, body, headers } = await make(alice.sessionKey, { permissions: ['read', 'write'] });
    expect(status).toBe(201);
    expect(headers['access-control-allow-origin']).toBe('*');
    expect(body).toEqual({
      id: expect.any(String),
      name: 'script',
      key: expect.stringMatching(/^mc_live_[0-9a-f]{32}$/),
      keyPrefix: body.key.slice(0, 12),
      scopeType: 'account',
      permissions: ['read', 'write'],
    });
    const keys = await list(alice.sessionKey);
    expect(keys).toEqual([
      {
        id: body.id,
        name: 'script',
        key_prefix: body.keyPrefix,
        scope_type: 'account',
        scope_id: null,
        permissions: ['read', 'write'],
        created_at: Math.floor(clock.now() / 1000),
        last_used_at: null,
      },
    ]);
  });

  it('is kept as a hash', async () => {
    const { key } = await keyOf(await signIn());
    const hash = createHash('sha256').update(key).digest('hex');
    const row = await world.ports.table.get({ pk: `APIKEY#${hash}`, sk: 'APIKEY' });
    expect(row).toMatchObject({ name: 'script', permissions: ['read'] });
    expect(JSON.stringify(row)).not.toContain(key);
  });

  it('lets in whom it belongs to', async () => {
    const alice = await signIn();
    const { key } = await keyOf(alice, ['admin']);
    expect(await list(key)).toHaveLength(1);
    const made = await make(key, { name: 'made by a key' });
    expect(made.status).toBe(201);
    expect((await list(alice.sessionKey)).map(({ name }: { name: string }) => name).sort()).toEqual([
      'made by a key',
      'script',
    ]);
  });

  it('is good for what its highest permission includes', async () => {
    const alice = await signIn();
    const reading = async (key: string) => (await http('GET', '/rooms/lobby/presence', { as: key })).status;
    const [reader, admin] = [await keyOf(alice), await keyOf(alice, ['admin'])];
    expect(await reading(reader.key)).toBe(200);
    expect(await reading(admin.key)).toBe(200);
    for (const { key } of [reader, await keyOf(alice, ['write'])]) {
      expect((await http('GET', '/api/keys', { as: key })).status).toBe(403);
      expect((await make(key, { permissions: ['admin'] })).status).toBe(403);
    }
  });

  it('does nothing that takes a session', async () => {
    const alice = await signIn();
    const { key } = await keyOf(alice, ['admin']);
    const { status, body } = await http('GET', '/api/v2/sessions', { as: key });
    expect([status, body.errorCode]).toEqual([403, 'not_authorized']);
    expect((await http('GET', `/api/${alice.userId}/metadata`, { as: key })).status).toBe(403);
  });

  it('notes its use, to the minute', async () => {
    const alice = await signIn();
    const { key } = await keyOf(alice);
    const use = () => http('GET', '/rooms/lobby/presence', { as: key });
    const lastUse = async () => (await list(alice.sessionKey))[0].last_used_at;
    await use();
    const first = Math.floor(clock.now() / 1000);
    clock.advance(30_000);
    await use();
    expect(await lastUse()).toBe(first);
    clock.advance(30_000);
    await use();
    expect(await lastUse()).toBe(first + 60);
  });

  it('is listed for its owner alone, the newest first', async () => {
    const [alice, bob] = [await signIn(), await signIn()];
    for (const name of ['one', 'two', 'three']) {
      await make(alice.sessionKey, { name });
      clock.advance(1_000);
    }
    expect((await list(alice.sessionKey)).map(({ name }: { name: string }) => name)).toEqual(['three', 'two', 'one']);
    expect(await list(bob.sessionKey)).toEqual([]);
  });

  it('ends with a ban of its owner', async () => {
    const alice = await signIn();
    const { key } = await keyOf(alice);
    const at = { pk: `USER#${alice.userId}`, sk: 'USER' };
    await world.ports.table.put({ ...(await world.ports.table.get(at)), ...at, banTimeMs: 1 });
    expect((await http('GET', '/rooms/lobby/presence', { as: key })).status).toBe(403);
  });
});

describe('making one', () => {
  it.each<[string, object, number, string]>([
    ['without a name', { name: '' }, 400, 'Name required'],
    ['with a strange scope', { scopeType: 'galaxy' }, 400, 'scopeType'],
    ['good for nothing', { permissions: [] }, 400, 'permissions'],
    ['good for strange things', { permissions: ['fly'] }, 400, 'permissions'],
    ['for no project in particular', { scopeType: 'project' }, 400, 'scopeId'],
    ['for no instance in particular', { scopeType: 'instance' }, 400, 'scopeId'],
    ['for an unknown project', { scopeType: 'project', scopeId: 'p' }, 404, 'Project not found'],
    ['for an unknown instance', { scopeType: 'instance', scopeId: 'i' }, 404, 'Instance not found'],
  ])('%s is refused', async (_, input, status, words) => {
    const answer = await make((await signIn()).sessionKey, input);
    expect(answer.status).toBe(status);
    expect(answer.body).toEqual({ error: expect.stringContaining(words) });
  });

  it('takes somebody who is signed in', async () => {
    expect((await make(undefined)).status).toBe(401);
  });

  it.each([`mc_live_${'0'.repeat(32)}`, 'mc_test_1', 'mc_'])('takes a key that there is: %s', async (shown) => {
    const { status, body } = await make(shown);
    expect([status, body]).toEqual([401, { error: 'Invalid API key' }]);
  });

  it('for everything may say that it is for nothing in particular', async () => {
    const { status, body } = await make((await signIn()).sessionKey, { scopeType: 'account', scopeId: null });
    expect([status, body.scopeType]).toEqual([201, 'account']);
    expect(body).not.toHaveProperty('scopeId');
  });
});

describe('deleting one', () => {
  const remove = (as: string, id: string) => http('DELETE', `/api/keys/${id}`, { as });

  it('takes effect with the next request, and has its sockets closed', async () => {
    const alice = await signIn();
    const { id, key } = await keyOf(alice, ['admin']);
    const other = await keyOf(alice, ['admin']);
    expect((await remove(alice.sessionKey, id)).body).toEqual({ success: true });
    const refused = await http('GET', '/api/keys', { as: key });
    expect([refused.status, refused.body]).toEqual([401, { error: 'Invalid API key' }]);
    const inCasualOs = await http('GET', '/api/v2/sessions', { as: key });
    expect([inCasualOs.status, inCasualOs.body.errorCode]).toEqual([403, 'invalid_key']);
    expect((await list(other.key)).map(({ id }: { id: string }) => id)).toEqual([other.id]);
    expect(fanOut.jobs.at(-1)).toMatchObject({
      kind: 'close-sockets',
      body: { userId: alice.userId, credential: { kind: 'apiKey', id } },
    });
  });

  it('does not wait for others that are deleted at the same time', async () => {
    const alice = await signIn();
    const made = await Promise.all(Array.from({ length: 5 }, () => keyOf(alice)));
    const before = fanOut.jobs.length;
    await Promise.all(made.map(({ id }) => remove(alice.sessionKey, id)));
    // Jobs of one group are done one after the other.
    const groups = fanOut.jobs.slice(before).map(({ group }) => group);
    expect(new Set(groups).size).toBe(groups.length);
  });

  it('of somebody else is not possible', async () => {
    const [alice, bob] = [await signIn(), await signIn()];
    const { id, key } = await keyOf(alice, ['admin']);
    const answer = await remove(bob.sessionKey, id);
    expect([answer.status, answer.body]).toEqual([404, { error: 'API key not found' }]);
    expect((await http('GET', '/api/keys', { as: key })).status).toBe(200);
    expect((await remove(alice.sessionKey, 'unknown')).status).toBe(404);
  });

  it('twice says that there is none, whoever was first', async () => {
    const alice = await signIn();
    const { id } = await keyOf(alice);
    const answers = await Promise.all([1, 2, 3, 4].map(() => remove(alice.sessionKey, id)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 404, 404, 404]);
  });
});
