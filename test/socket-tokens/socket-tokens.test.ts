import { createHash } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { instancesOver } from '../support/instances.ts';
import { memoryWorld } from '../support/memory.ts';
import { Refused } from '../support/sockets.ts';
import type { SignedIn } from '../support/world.ts';

const world = await memoryWorld({}, { wait: (ms) => setTimeout(Math.min(ms, 20)) });
const { http, settled, person } = world;
const { project, share, key, token } = instancesOver({ http, signIn: person });
const mint = (as: string, body: object) => http('POST', '/api/ws-token', { body, as });

/** The status of an upgrade: 200 when it was let in. */
async function status(instanceId: string, query: Record<string, string>, headers: Record<string, string> = {}) {
  try {
    await world.connect(instanceId, undefined, { query, headers });
    return 200;
  } catch (thrown) {
    if (thrown instanceof Refused) return thrown.status;
    throw thrown;
  }
}

/** What the first frame says after an upgrade. */
async function greeted(instanceId: string, query: Record<string, string>) {
  const client = await world.connect(instanceId, undefined, { query });
  return client.frames()[0];
}

async function owned(): Promise<{ alice: SignedIn; as: string; id: string; instanceId: string }> {
  const alice = await person();
  const { id, defaultInstanceId: instanceId } = await project(alice.sessionKey);
  return { alice, as: alice.sessionKey, id, instanceId };
}

describe('a one-time token', () => {
  it('opens one socket, which may do as much as was asked for', async () => {
    const { alice, as, instanceId } = await owned();
    const seconds = Math.floor(world.ports.clock.now() / 1000);
    const { status: made, body } = await mint(as, { instanceId, permission: 'write' });
    expect(made).toBe(200);
    expect(body).toEqual({
      token: expect.stringMatching(/^[\w-]{43}$/),
      expiresAt: expect.any(Number),
      instanceId,
      permission: 'write',
    });
    expect(body.expiresAt - seconds).toBeGreaterThanOrEqual(59);
    expect(body.expiresAt - seconds).toBeLessThanOrEqual(62);
    expect(await greeted(instanceId, { token: body.token })).toEqual({
      type: 'auth_success',
      instanceId,
      userId: alice.userId,
      permission: 'write',
    });
    expect(await status(instanceId, { token: body.token })).toBe(401);
  });

  it('is kept as a hash', async () => {
    const { as, instanceId } = await owned();
    const { token: text } = await token(as, instanceId);
    const hash = createHash('sha256').update(text).digest('hex');
    const row = await world.ports.table.get({ pk: `SOCKETTOKEN#${hash}`, sk: 'SOCKETTOKEN' });
    expect(row).toMatchObject({ instanceId, permission: 'admin' });
    expect(JSON.stringify(row)).not.toContain(text);
  });

  it('opens one of twenty sockets that come with it at once', async () => {
    const { as, instanceId } = await owned();
    const { token: text } = await token(as, instanceId);
    const all = await Promise.all(Array.from({ length: 20 }, () => status(instanceId, { token: text })));
    expect(all.filter((one) => one === 200)).toHaveLength(1);
    expect(all.filter((one) => one === 401)).toHaveLength(19);
  });

  it('of another instance is refused with 403, and stays usable', async () => {
    const { as, instanceId } = await owned();
    const other = await owned();
    const { token: text } = await token(as, instanceId);
    expect(await status(other.instanceId, { token: text })).toBe(403);
    expect(await status(instanceId, { token: text })).toBe(200);
  });

  it('holds for a minute', async () => {
    const { as, instanceId } = await owned();
    const [first, second] = [await token(as, instanceId), await token(as, instanceId)];
    world.advance(55_000);
    expect(await status(instanceId, { token: first.token })).toBe(200);
    world.advance(6_000);
    expect(await status(instanceId, { token: second.token })).toBe(401);
  });

  it('hands on no more than its maker has, then and later', async () => {
    const { as, instanceId } = await owned();
    const bob = await person();
    const give = (permission: string) =>
      share(as, `instances/${instanceId}`, { targetType: 'user', targetId: bob.userId, permission });
    await give('read');
    expect((await mint(bob.sessionKey, { instanceId, permission: 'write' })).body.permission).toBe('read');
    expect((await mint(bob.sessionKey, { instanceId })).body.permission).toBe('read');
    await give('admin');
    const { token: text } = await token(bob.sessionKey, instanceId);
    const { id } = await give('write');
    expect(await greeted(instanceId, { token: text })).toMatchObject({ permission: 'write' });
    const again = await token(bob.sessionKey, instanceId);
    await http('DELETE', `/api/shares/${id}`, { as });
    expect(await status(instanceId, { token: again.token })).toBe(403);
  });

  it('is good for nothing once what it was made with is revoked', async () => {
    const { as, instanceId, alice } = await owned();
    const admin = await key(as, { scopeType: 'account', permissions: ['admin'] });
    const byKey = await token(admin.key, instanceId);
    await http('DELETE', `/api/keys/${admin.id}`, { as });
    expect(await status(instanceId, { token: byKey.token })).toBe(401);
    const bySession = await token(as, instanceId);
    await http('POST', '/api/v2/logout', { as: alice.sessionKey });
    expect(await status(instanceId, { token: bySession.token })).toBe(401);
  });

  it('closes its socket when what it was made with is revoked', async () => {
    const { as, instanceId } = await owned();
    const admin = await key(as, { scopeType: 'account', permissions: ['write'] });
    const { token: text } = await token(admin.key, instanceId, 'write');
    const client = await world.connect(instanceId, undefined, { query: { token: text } });
    expect(client.frames()[0]).toMatchObject({ permission: 'write' });
    await http('DELETE', `/api/keys/${admin.id}`, { as });
    await settled();
    expect(world.endedFor(client.socket)).toBe('signedOut');
  });

  it.each<[string, object, number, string]>([
    ['without an instance', {}, 400, 'instanceId required'],
    ['for an instance that is a number', { instanceId: 7 }, 400, 'instanceId required'],
    ['for an unknown instance', { instanceId: 'none' }, 403, 'Instance not found or access denied'],
    ['for a permission there is none of', { instanceId: 'none', permission: 'owner' }, 400, 'permission'],
  ])('is not made %s', async (_, body, refused, words) => {
    const { as } = await owned();
    const answer = await mint(as, body);
    expect([answer.status, answer.body]).toEqual([refused, { error: expect.stringContaining(words) }]);
  });

  it('is not made for who may not read there', async () => {
    const { instanceId } = await owned();
    const stranger = await person();
    const answer = await mint(stranger.sessionKey, { instanceId, permission: 'read' });
    expect([answer.status, answer.body]).toEqual([403, { error: 'Instance not found or access denied' }]);
  });
});

describe('the upgrade', () => {
  it('takes an API key, a session key, and an Authorization header', async () => {
    const { alice, as, id, instanceId } = await owned();
    const reading = await key(as, { scopeType: 'project', scopeId: id });
    const own = await key(as, { scopeType: 'instance', scopeId: instanceId, permissions: ['write'] });
    const firsts = [
      await greeted(instanceId, { apiKey: reading.key }),
      await greeted(instanceId, { apiKey: own.key }),
      await greeted(instanceId, { access_token: as }),
    ];
    expect(firsts.map((one) => [one?.userId, one?.permission])).toEqual([
      [alice.userId, 'read'],
      [alice.userId, 'write'],
      [alice.userId, 'admin'],
    ]);
    expect(await status(instanceId, {}, { Authorization: `Bearer ${own.key}` })).toBe(200);
  });

  it('refuses what does not hold with 401, and who may not read with 403', async () => {
    const { as, instanceId } = await owned();
    const other = await owned();
    const elsewhere = await key(other.as, { scopeType: 'project', scopeId: other.id, permissions: ['admin'] });
    const unknown = `mc_live_${'0'.repeat(32)}`;
    expect([
      await status(instanceId, { token: 'garbage' }),
      await status(instanceId, { token: '' }),
      await status(instanceId, { token: 'garbage', apiKey: (await key(as, { scopeType: 'account' })).key }),
      await status(instanceId, { apiKey: unknown }),
      await status(instanceId, { access_token: 'garbage' }),
      await status(instanceId, {}, { Authorization: 'Basic xyz' }),
    ]).toEqual([401, 401, 401, 401, 401, 401]);
    expect([
      await status(instanceId, { access_token: other.as }),
      await status(instanceId, { apiKey: elsewhere.key }),
      await status('none', { access_token: as }),
    ]).toEqual([403, 403, 403]);
    expect(await status(instanceId, {})).toBe(200);
  });

  it('of other sockets takes no key of one project or instance', async () => {
    const { as, id } = await owned();
    const scoped = await key(as, { scopeType: 'project', scopeId: id, permissions: ['admin'] });
    const account = await key(as, { scopeType: 'account' });
    for (const path of ['/live', '/websocket', '/yjs/-/inst/branch', '/']) {
      const opening = (apiKey: string) => world.open({ path, query: { apiKey } });
      await expect(opening(scoped.key)).rejects.toMatchObject({ status: 401 });
      await opening(account.key);
    }
  });
});

describe('while somebody develops', () => {
  it('a socket without a credential is theirs, as an admin of whatever instance it is for', async () => {
    const developing = await memoryWorld({ environment: 'development' });
    const { body } = await developing.http('POST', '/api/projects', { body: { name: 'mine' } });
    const client = await developing.connect(body.defaultInstanceId);
    expect(client.frames()[0]).toMatchObject({ type: 'auth_success', userId: 'dev-user', permission: 'admin' });
    const foreign = await developing.instanceOf(await developing.person());
    expect((await developing.connect(foreign)).frames()[0]).toMatchObject({ userId: 'dev-user', permission: 'admin' });
    const bad = developing.connect(body.defaultInstanceId, undefined, { query: { token: 'garbage' } });
    await expect(bad).rejects.toMatchObject({ status: 401 });
  });
});
