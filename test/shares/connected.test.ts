import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { recheckListeners } from '../../functions/memory/sockets.ts';
import { httpOver } from '../support/http.ts';
import { instancesOver } from '../support/instances.ts';
import { type MemoryClient, memoryWorld } from '../support/memory.ts';
import { untilKilled } from '../support/mortal-ports.ts';
import type { SignedIn } from '../support/world.ts';

/** What becomes of sockets whose users lose something. */

const world = await memoryWorld({}, { wait: (ms) => setTimeout(Math.min(ms, 20)) });
const { http, person, settled } = world;
const { project, share, group, joins, key } = instancesOver({ http, signIn: person });

async function place() {
  const alice = await person();
  const { id, defaultInstanceId: instanceId } = await project(alice.sessionKey);
  return { as: alice.sessionKey, id, instanceId, at: `instances/${instanceId}` };
}

const to = ({ userId }: SignedIn, permission: string) => ({ targetType: 'user', targetId: userId, permission });
const listens = (instanceId: string, { sessionKey }: SignedIn) =>
  world.connect(instanceId, undefined, { query: { access_token: sessionKey } });

/** What a client hears of a change from now on. */
async function hears(as: string, instanceId: string, client: MemoryClient): Promise<string[]> {
  client.news();
  await http('PUT', `/api/instances/${instanceId}/keys/k`, { body: { value: Math.random() }, as });
  await settled();
  return client.news().map(({ type }) => type);
}

describe('whoever has no access left', () => {
  it.each(['user', 'public', 'group', 'project'] as const)(
    'hears nothing more and loses the socket: what was shared by %s is taken back',
    async (what) => {
      const { as, id, instanceId, at } = await place();
      const bob = await person();
      const { id: groupId } = await group(as);
      await joins(as, groupId, bob.userId);
      const made = {
        user: () => share(as, at, to(bob, 'read')),
        project: () => share(as, `projects/${id}`, to(bob, 'write')),
        group: () => share(as, at, { targetType: 'group', targetId: groupId, permission: 'read' }),
        public: () => share(as, at, { targetType: 'public', permission: 'read' }),
      };
      const given = await made[what]();
      const client = await listens(instanceId, bob);
      expect(await hears(as, instanceId, client)).toEqual(['key_updated']);
      await http('DELETE', `/api/shares/${given.id}`, { as });
      await settled();
      expect(await hears(as, instanceId, client)).toEqual([]);
      expect(world.endedFor(client.socket)).toBe('notAllowed');
    },
  );

  it.each(['leaves', 'is taken out', 'loses the group'] as const)('is who %s', async (how) => {
    const { as, id, instanceId } = await place();
    const bob = await person();
    const { id: groupId } = await group(as);
    await joins(as, groupId, bob.userId);
    await share(as, `projects/${id}`, { targetType: 'group', targetId: groupId, permission: 'read' });
    const client = await listens(instanceId, bob);
    const path = how === 'loses the group' ? `/api/groups/${groupId}` : `/api/groups/${groupId}/members/${bob.userId}`;
    const by = how === 'leaves' ? bob.sessionKey : as;
    expect((await http('DELETE', path, { as: by })).status).toBe(200);
    await settled();
    expect(await hears(as, instanceId, client)).toEqual([]);
    expect(world.endedFor(client.socket)).toBe('notAllowed');
  });

  it.each(['a share', 'a public share', 'a membership', 'a group'] as const)(
    'hears nothing from the answer on, however busy the queues are: %s',
    async (what) => {
      const { as, instanceId, at } = await place();
      const bob = await person();
      const { id: groupId } = await group(as);
      await joins(as, groupId, bob.userId);
      const own = () => share(as, at, to(bob, 'read'));
      const ofGroup = () => share(as, at, { targetType: 'group', targetId: groupId, permission: 'read' });
      const isPublic = () => share(as, at, { targetType: 'public', permission: 'read' });
      const made = { 'a share': own, 'a public share': isPublic, 'a membership': ofGroup, 'a group': ofGroup };
      const given = await made[what]();
      const path = {
        'a share': `shares/${given.id}`,
        'a public share': `shares/${given.id}`,
        'a membership': `groups/${groupId}/members/${bob.userId}`,
        'a group': `groups/${groupId}`,
      };
      const client = await listens(instanceId, bob);
      client.news();
      const busy = httpOver(Object.create(world.ports, { fanOut: { value: { send: async () => {} } } }));
      expect((await busy('DELETE', `/api/${path[what]}`, { as })).status).toBe(200);
      expect(await hears(as, instanceId, client)).toEqual([]);
      expect(world.endedFor(client.socket)).toBe('notAllowed');
    },
  );
});

describe('whoever has something left', () => {
  it('stays, and may do what is left from the next write on', async () => {
    const { as, id, instanceId, at } = await place();
    const bob = await person();
    const given = await share(as, at, to(bob, 'admin'));
    await share(as, `projects/${id}`, to(bob, 'read'));
    const client = await listens(instanceId, bob);
    client.send('set', { key: 'a', value: 1 });
    await settled();
    expect(client.news().map(({ type }) => type)).toContain('key_updated');
    await http('DELETE', `/api/shares/${given.id}`, { as });
    await settled();
    client.send('set', { key: 'a', value: 2 });
    await settled();
    expect(client.news()).toEqual([
      { type: 'error', error: 'Write permission required', code: 'NO_PERMISSION', key: 'a' },
    ]);
    expect(await hears(as, instanceId, client)).toEqual(['key_updated']);
    expect(world.isOpen(client.socket)).toBe(true);
  });
});

describe('what a socket may do', () => {
  it.each([
    ['read', ['error', 'error']],
    ['write', ['key_updated', 'error']],
    ['admin', ['key_updated', 'cleared']],
  ])('is no more than its token hands on: %s', async (permission, answers) => {
    const { as, instanceId } = await place();
    const { body } = await http('POST', '/api/ws-token', { body: { instanceId, permission }, as });
    const client = await world.connect(instanceId, undefined, { query: { token: body.token } });
    client.news();
    client.send('set', { key: 'k', value: permission });
    client.send('clear');
    await settled();
    expect(client.news().map(({ type }) => type)).toEqual(answers);
  });
});

describe('whoever dies while something is taken back', () => {
  it('has done nothing, or leaves no socket that should be closed', async () => {
    const deeds = ['share', 'member', 'key'] as const;
    for (const deed of deeds) {
      for (let ios = 0, killed = true; killed; ios++) {
        const { as, instanceId, at } = await place();
        const bob = await person();
        const { id: groupId } = await group(as);
        await joins(as, groupId, bob.userId);
        const withGroup = { targetType: 'group', targetId: groupId, permission: 'read' };
        const given = await share(as, at, deed === 'member' ? withGroup : to(bob, 'read'));
        const made = await key(bob.sessionKey, { scopeType: 'account' });
        const query = deed === 'key' ? { apiKey: made.key } : { access_token: bob.sessionKey };
        const client = await world.connect(instanceId, undefined, { query });
        const path = {
          share: `shares/${given.id}`,
          member: `groups/${groupId}/members/${bob.userId}`,
          key: `keys/${made.id}`,
        };
        const by = deed === 'key' ? bob.sessionKey : as;
        killed = await untilKilled(world.ports, ios, (mine) =>
          httpOver(mine)('DELETE', `/api/${path[deed]}`, { as: by }),
        );
        await settled();
        // Whoever was asked before it was taken back looks again.
        world.advance(3_000);
        await world.remind();
        const shown = deed === 'key' ? made.key : bob.sessionKey;
        const mayRead = (await http('GET', `/api/${at}`, { as: shown })).status === 200;
        if (!mayRead) expect([deed, ios, world.isOpen(client.socket)]).toEqual([deed, ios, false]);
        if (!killed) expect(mayRead).toBe(false);
      }
    }
  });
});

describe('whoever looks for sockets that have to go', () => {
  it('judges each user once, and some at a time, however many sockets there are', async () => {
    const { as, instanceId, at } = await place();
    await share(as, at, { targetType: 'public', permission: 'read' });
    const everybody = await Promise.all(Array.from({ length: 40 }, () => person()));
    const clients = await Promise.all([...everybody, ...everybody].map((one) => listens(instanceId, one)));
    let [judged, now, most] = [0, 0, 0];
    const table = Object.create(world.ports.table, {
      batchGet: {
        async value(...asked: Parameters<typeof world.ports.table.batchGet>) {
          judged++;
          most = Math.max(most, ++now);
          const found = await world.ports.table.batchGet(...asked);
          now--;
          return found;
        },
      },
    });
    await recheckListeners(Object.create(world.ports, { table: { value: table } }), [instanceId]);
    expect(judged).toBe(40);
    expect(most).toBeLessThanOrEqual(25);
    expect(clients.every(({ socket }) => world.isOpen(socket))).toBe(true);
  });

  it('looks again when those have come that were on their way, and then no more', async () => {
    const { as, id, instanceId } = await place();
    const bob = await person();
    const given = await share(as, `projects/${id}`, to(bob, 'read'));
    await http('DELETE', `/api/shares/${given.id}`, { as });
    await http('DELETE', `/api/projects/${id}`, { as });
    await settled();
    const waiting = () => world.reminders.filter(({ body }) => JSON.stringify(body).match(`${id}|${instanceId}`));
    expect(new Set(waiting().map(({ kind }) => kind))).toEqual(new Set(['recheck-access', 'erase-instance']));
    world.advance(3_000);
    await world.remind();
    expect(waiting()).toEqual([]);
    expect(world.dead).toEqual([]);
  });
});
