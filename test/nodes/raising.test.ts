import { describe, expect, it } from '@jest/globals';
import { deleteNode, updateNode } from '../../functions/nodes/raising.ts';
import { held } from '../support/held-ports.ts';
import { nodesWorld } from '../support/nodes.ts';

const world = await nodesWorld();
const { post, get, update, as } = world;
let count = 0;
const newKey = () => `raised ${++count}`;
const nodeOf = async (key: string) => (await get(`nodes?key=${encodeURIComponent(key)}`, { as })).body;

describe('updating', () => {
  it('answers the node with its next version, and says who answers', async () => {
    const key = newKey();
    const { status, body, headers } = await post('update', { key, hash: 'h' }, { as });
    expect([status, body]).toEqual([
      200,
      { key, version: expect.any(Number), hash: 'h', updatedAt: world.clock.now() },
    ]);
    expect(headers['x-reality-server']).toBe('chorus');
    expect(JSON.parse(headers['x-reality-gossip'] ?? '')).toMatchObject({
      serverId: 'chorus',
      maxVersion: body.version,
    });
    expect(await nodeOf(key)).toEqual(body);
  });

  it('raises the version also when the hash stays the same, and above that of every other node', async () => {
    const [key, other] = [newKey(), newKey()];
    const versions = [await update(key, 'h'), await update(other, 'h'), await update(key, 'h')];
    expect(versions).toEqual([...versions].sort((a, b) => a - b));
    expect(new Set(versions).size).toBe(3);
  });

  it('of one node by many at once gives each a version of its own, and ends at the largest with its hash', async () => {
    const key = newKey();
    const raised = await Promise.all(
      Array.from({ length: 30 }, async (_, n) => ({ hash: `h${n}`, version: await update(key, `h${n}`) })),
    );
    expect(new Set(raised.map(({ version }) => version)).size).toBe(30);
    const last = raised.sort((a, b) => b.version - a.version)[0];
    expect(await nodeOf(key)).toMatchObject({ version: last?.version, hash: last?.hash });
  });

  it('that comes late to the node is answered, and leaves what a later one has written', async () => {
    const key = newKey();
    const slow = held(world.ports, { call: 'update', on: `NODE#${key}` });
    const early = updateNode(slow.ports, key, 'early');
    await slow.rests;
    const version = await update(key, 'late');
    slow.goOn();
    expect((await early).version).toBeLessThan(version);
    expect(await nodeOf(key)).toMatchObject({ version, hash: 'late' });
  });

  it('that comes late to a node which was deleted meanwhile does not bring it back', async () => {
    const key = newKey();
    await update(key, 'h');
    const slow = held(world.ports, { call: 'update', on: `NODE#${key}` });
    const early = updateNode(slow.ports, key, 'early');
    await slow.rests;
    await deleteNode(world.ports, key);
    slow.goOn();
    await early;
    expect((await get(`nodes?key=${encodeURIComponent(key)}`, { as })).status).toBe(404);
  });

  it('that is killed after it took its number leaves a gap, and nothing else', async () => {
    const key = newKey();
    const before = await update(key, 'h');
    const dying = held(world.ports, { call: 'update', on: `NODE#${key}` });
    void updateNode(dying.ports, key, 'never');
    await dying.rests;
    expect(await nodeOf(key)).toMatchObject({ version: before, hash: 'h' });
    expect(await update(key, 'next')).toBe(before + 2);
  });

  it.each([
    ['no key', { hash: 'h' }],
    ['no hash', { key: 'k' }],
    ['an empty key', { key: '', hash: 'h' }],
    ['an empty hash', { key: 'k', hash: '' }],
    ['a number for a key', { key: 7, hash: 'h' }],
    ['a number for a hash', { key: 'k', hash: 7 }],
    ['null for a hash', { key: 'k', hash: null }],
    ['a key that is too long', { key: 'ä'.repeat(513), hash: 'h' }],
    ['half a character in a key', '{"key":"\\ud800","hash":"h"}'],
    ['half a character in a hash', '{"key":"k","hash":"\\ud800"}'],
    ['a payload that is too large', { key: 'k', hash: 'h', payload: 'x'.repeat(1_023) }],
    ['a list', []],
    ['null', 'null'],
    ['no JSON', '{'],
    ['nothing', ''],
  ])('refuses %s', async (_, body) => {
    const { status, body: answer } = await post('update', body, { as });
    expect([status, answer]).toEqual([400, { error: expect.any(String) }]);
  });

  it('takes a key and a payload of just the size that is allowed', async () => {
    const key = 'ä'.repeat(512);
    await update(key, 'h', { payload: 'x'.repeat(1_022) });
    expect((await nodeOf(key)).payload).toHaveLength(1_022);
    await update(key, 'h', { payload: null });
    expect((await nodeOf(key)).payload).toBeNull();
  });

  it('takes somebody who is signed in', async () => {
    expect((await post('update', { key: 'k', hash: 'h' })).status).toBe(401);
    expect((await post('update', { key: 'k', hash: 'h' }, { as: 'garbage' })).status).toBe(401);
  });
});

describe('invalidating', () => {
  it('raises every key, those that are not there yet too, each time with a hash that none had before', async () => {
    const keys = [newKey(), newKey(), '__proto__'];
    const hashes = new Set<string>();
    for (let round = 0; round < 3; round += 1) {
      const { text, body } = await post('invalidate', { keys: [...keys, keys[0]] }, { as });
      expect(body.invalidated).toEqual(keys);
      const versions: Record<string, number> = JSON.parse(text).versions;
      expect(Object.keys(versions).sort()).toEqual([...keys].sort());
      for (const key of keys) {
        const node = await nodeOf(key);
        expect(node.version).toBe(versions[key]);
        hashes.add(node.hash);
      }
    }
    expect(hashes.size).toBe(9);
  });

  it('in the name of another server changes nothing, and tells those that are there', async () => {
    const [key, never] = [newKey(), newKey()];
    const version = await update(key, 'h');
    const { body } = await post('invalidate', { keys: [key, never], source: 'eu', timestamp: 1 }, { as });
    expect(body).toEqual({ invalidated: [key], versions: { [key]: version } });
    expect(await nodeOf(key)).toMatchObject({ version, hash: 'h' });
    expect((await get(`nodes?key=${encodeURIComponent(never)}`, { as })).status).toBe(404);
  });

  it('raises a thousand at a time', async () => {
    const keys = Array.from({ length: 1_000 }, (_, n) => `thousand ${n}`);
    const { body } = await post('invalidate', { keys }, { as });
    expect(new Set(Object.values(body.versions)).size).toBe(1_000);
  });

  it.each([
    ['no keys', {}],
    ['an empty list', { keys: [] }],
    ['an empty key', { keys: ['k', ''] }],
    ['a number among the keys', { keys: ['k', 7] }],
    ['a text', { keys: 'k' }],
    ['too many keys', { keys: Array.from({ length: 1_001 }, (_, n) => `k${n}`) }],
    ['a source that is no text', { keys: ['k'], source: 7 }],
  ])('refuses %s', async (_, body) => {
    expect((await post('invalidate', body, { as })).status).toBe(400);
  });

  it('takes somebody who is signed in', async () => {
    expect((await post('invalidate', { keys: ['k'] })).status).toBe(401);
    expect((await post('invalidate', { keys: ['k'], source: 'eu' })).status).toBe(401);
  });
});

describe('deleting', () => {
  const remove = (key: string, options: object = { as }) =>
    world.http('DELETE', `/reality/nodes?key=${encodeURIComponent(key)}`, options);

  it('takes a node away once, and its version is never given again', async () => {
    const key = newKey();
    const version = await update(key, 'h');
    expect((await remove(key)).body).toEqual({ key, deleted: true });
    const again = await remove(key);
    expect([again.status, again.body]).toEqual([200, { key, deleted: false }]);
    expect(await update(key, 'h')).toBeGreaterThan(version);
  });

  it('takes a key, and somebody who is signed in', async () => {
    expect((await world.http('DELETE', '/reality/nodes', { as })).status).toBe(400);
    expect((await remove('k', {})).status).toBe(401);
  });
});

describe('getting', () => {
  it('answers a node, whatever its key', async () => {
    for (const key of ['a,b', 'a b', 'a+b', 'k#x', 'k/x', 'k%23x', 'a&key=b', 'ä', 'constructor']) {
      const version = await update(key, 'h');
      expect(await nodeOf(key)).toMatchObject({ key, version });
    }
  });

  it('answers 404 for what is not there, 400 without a key or with several, 401 to strangers', async () => {
    expect((await get('nodes?key=nowhere', { as })).status).toBe(404);
    expect((await get('nodes', { as })).status).toBe(400);
    expect((await get('nodes?key=', { as })).status).toBe(400);
    expect((await get('nodes?key=a&key=b', { as })).status).toBe(400);
    expect((await get('nodes?key=a')).status).toBe(401);
  });
});
