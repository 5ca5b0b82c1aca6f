import { describe, expect, it } from '@jest/globals';
import { asOldClient, nodesWorld } from '../support/nodes.ts';

const world = await nodesWorld();
const { sync, update, post, as } = world;
let count = 0;
const newKey = () => `key ${++count}`;

describe('syncing', () => {
  it('tells the nodes that have a later version than the client knows, and only of those asked for', async () => {
    const [key, other] = [newKey(), newKey()];
    const version = await update(key, 'h1');
    await update(other, 'h');
    const { status, body } = await sync({ [key]: version - 1 });
    expect(status).toBe(200);
    expect(body).toEqual({
      changed: { [key]: { key, version, hash: 'h1', updatedAt: expect.any(Number), source: 'chorus' } },
      mesh: { peers: [], serverVersion: version + 1 },
      serverTime: world.clock.now(),
    });
    expect((await sync({ [key]: version })).body.changed).toEqual({});
  });

  it('tells the client that knows more of what there is', async () => {
    const key = newKey();
    const version = await update(key, 'h');
    expect((await sync({ [key]: version + 1_000 })).body.changed[key]).toMatchObject({ version, hash: 'h' });
  });

  it('tells that a node is gone to who knew it, and nothing to who did not', async () => {
    const [gone, never] = [newKey(), newKey()];
    const version = await update(gone, 'h');
    await world.http('DELETE', `/reality/nodes?key=${encodeURIComponent(gone)}`, { as });
    const { changed } = (await sync({ [gone]: version, [never]: 3, unknown: 0 })).body;
    expect(changed[gone]).toMatchObject({ version: 0, hash: '' });
    expect(changed[never]).toMatchObject({ version: 0, hash: '' });
    expect(Object.keys(changed)).toHaveLength(2);
  });

  it('lists peers as ids to who sends the bare form, and as an object to older clients', async () => {
    expect((await sync({})).body.mesh.peers).toEqual([]);
    expect((await sync({}, asOldClient)).body.mesh.peers).toEqual({});
  });

  it('says in headers who answers and how far it is', async () => {
    const version = await update(newKey(), 'h');
    const { headers } = await sync({});
    expect(headers['x-reality-server']).toBe('chorus');
    expect(JSON.parse(headers['x-reality-gossip'] ?? '')).toEqual({
      serverId: 'chorus',
      maxVersion: version,
      peerSummaries: [],
      timestamp: world.clock.now(),
    });
  });

  it('takes keys of any kind', async () => {
    const keys = ['constructor', '__proto__', 'toString', 'k#x', 'k/x', 'k%23x', 'K#x', 'ä😀', 'x'.repeat(1_024)];
    const known = Object.fromEntries(await Promise.all(keys.map(async (key) => [key, (await update(key, key)) - 1])));
    const { text } = await sync(known);
    // As clients read it: an own property, whatever its name.
    const changed: Record<string, { key: string; hash: string }> = JSON.parse(text).changed;
    expect(Object.keys(changed).sort()).toEqual([...keys].sort());
    for (const [key, node] of Object.entries(changed)) expect([node.key, node.hash]).toEqual([key, key]);
  });

  it('hands out the payload of the last update', async () => {
    const key = newKey();
    await update(key, 'h', { payload: { n: [1, null] } });
    expect((await sync({ [key]: 1 })).body.changed[key].payload).toEqual({ n: [1, null] });
    await update(key, 'h2');
    expect((await sync({ [key]: 1 })).body.changed[key]).not.toHaveProperty('payload');
  });

  it('finds a thousand keys at a time', async () => {
    const known = Object.fromEntries(Array.from({ length: 1_000 }, (_, n) => [`many ${n}`, 1]));
    const { status, body } = await sync(known);
    expect([status, Object.keys(body.changed).length]).toEqual([200, 1_000]);
  });

  it('costs one request to the table for every hundred keys', async () => {
    for (const [keys, expected] of [
      [0, 0],
      [20, 1],
      [99, 1],
      [100, 1],
      [250, 3],
    ] as const) {
      const known = Object.fromEntries(Array.from({ length: keys }, (_, n) => [`some ${n}`, 1]));
      world.calls.length = 0;
      await sync(known);
      const batches = world.calls.filter(({ operation }) => operation === 'BatchGetItem');
      expect([keys, batches.length]).toEqual([keys, expected]);
      expect(world.calls.length).toBeLessThanOrEqual(expected + 1);
    }
  });

  it.each([
    ['nothing', {}],
    ['null', { known: null }],
    ['a list', { known: [] }],
    ['a text', { known: 'k' }],
    ['a version below 0', { known: { k: -1 } }],
    ['half a version', { known: { k: 1.5 } }],
    ['a text for a version', { known: { k: '1' } }],
    ['null for a version', { known: { k: null } }],
    ['no key at all', { known: { '': 1 } }],
    ['a key that is too long', { known: { ['x'.repeat(1_025)]: 1 } }],
    ['more than a thousand keys', { known: Object.fromEntries(Array.from({ length: 1_001 }, (_, n) => [n, 0])) }],
    ['a client without mode and hint', { known: {}, clientId: asOldClient.clientId }],
    ['a mode alone', { known: {}, mode: 'native' }],
    ['a hint alone', { known: {}, hint: 'focus' }],
    ['a client id that is no UUID', { known: {}, ...asOldClient, clientId: 'me' }],
    ['another mode', { known: {}, ...asOldClient, mode: 'telepathy' }],
    ['another hint', { known: {}, ...asOldClient, hint: 'whim' }],
    ['half a millisecond', { known: {}, wait: 0.5 }],
    ['a text for a wait', { known: {}, wait: '1' }],
    ['a text for a time', { known: {}, timestamp: 'now' }],
  ])('refuses %s', async (_, body) => {
    const { status, body: answer } = await post('sync', body);
    expect([status, answer]).toEqual([400, { error: expect.any(String) }]);
  });

  it('takes every hint and mode there is', async () => {
    for (const hint of ['interaction', 'focus', 'idle', 'mutation', 'mount', 'reconnect', 'poll']) {
      expect((await sync({}, { ...asOldClient, hint })).status).toBe(200);
    }
    for (const mode of ['native', 'sse-compat', 'polling-compat']) {
      expect((await sync({}, { ...asOldClient, mode, timestamp: 1_700_000_000_000, wait: -1 })).status).toBe(200);
    }
  });

  it('sees what was answered before, and never a version going back', async () => {
    const key = newKey();
    const seen: number[] = [];
    let isOver = false;
    const reader = (async () => {
      while (!isOver) seen.push((await sync({ [key]: 0 })).body.changed[key]?.version ?? 0);
    })();
    await Promise.all(
      Array.from({ length: 4 }, async (_, writer) => {
        for (let n = 0; n < 10; n += 1) {
          const version = await update(key, `${writer}:${n}`);
          const now = (await sync({ [key]: 0 })).body.changed[key].version;
          expect(now).toBeGreaterThanOrEqual(version);
        }
      }),
    );
    isOver = true;
    await reader;
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.length).toBeGreaterThan(3);
  });

  it('lets anonymous callers in where the deployment does, and nobody with a credential that does not hold', async () => {
    expect((await sync({}, {}, { as: 'garbage' })).status).toBe(401);
    const closed = await nodesWorld({ anonymous: new Set(['rooms']) });
    expect((await closed.sync({})).status).toBe(401);
    expect((await closed.sync({}, {}, { as: closed.as })).status).toBe(200);
  });
});
