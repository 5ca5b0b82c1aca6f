import { describe, expect, it } from '@jest/globals';
import { memoryWorld } from '../support/memory.ts';
import { MindCacheClient } from '../support/mindcache-client.ts';

const world = await memoryWorld();
const { settled } = world;
const alice = await world.person();
const bob = await world.person();

async function stock(instanceId: string, who = alice, client = new MindCacheClient()) {
  const query = { access_token: who.sessionKey };
  const socket = await world.connect(instanceId, undefined, { query, onFrame: client.hear });
  return { client, socket };
}

describe('clients of the 2.x line', () => {
  it('end with the same when they connect, change, delete and come back, and bother nobody with what has not changed', async () => {
    const id = await world.instanceOf(alice);
    const first = await stock(id);
    for (let n = 0; n < 5; n++) first.client.set(`key ${n}`, n);
    await settled();
    const others = [await stock(id), await stock(id)];
    await settled();
    const quiet = others.map(({ socket }) => socket.frames().length);
    first.client.set('key 0', 'new');
    await settled();
    // One change is one frame to each, although all five keys were sent again.
    expect(others.map(({ socket }) => socket.frames().length)).toEqual(quiet.map((count) => count + 1));
    others[0]?.client.set('key 1', { x: 1 });
    await settled(); // whoever sends all keys revives what is deleted meanwhile
    others[1]?.client.delete('key 2');
    await settled();
    const stored = await world.read(id, alice);
    for (const { client } of [first, ...others]) expect(Object.fromEntries(client.local)).toEqual(stored);
    expect(stored).toEqual({ 'key 0': 'new', 'key 1': { x: 1 }, 'key 3': 3, 'key 4': 4 });
    expect(await versionOf(id)).toBe(8);
  });

  it('may have only read: they are told so once for each key, and not without end', async () => {
    const id = await world.instanceOf(alice);
    await world.share(id, bob, 'read');
    const owner = await stock(id);
    owner.client.set('shared', 1);
    await settled();
    const mine = new MindCacheClient();
    for (let n = 0; n < 10; n++) mine.local.set(`own ${n}`, n);
    const reader = await stock(id, bob, mine);
    await settled();
    expect(mine.errors).toBeLessThanOrEqual(10);
    expect(mine.sent).toBeLessThan(10 * 15);
    owner.client.set('shared', 2);
    await settled();
    expect(mine.local.get('shared')).toBe(2);
    expect(await world.read(id, alice)).toEqual({ shared: 2 });
    expect(world.isOpen(reader.socket.socket)).toBe(true);
  });

  it('send a reference back as a value, and change nothing by it', async () => {
    const id = await world.instanceOf(alice);
    const path = `/api/instances/${id}/keys/large`;
    const large = 'x'.repeat(150_000);
    await world.http('PUT', path, { as: alice.sessionKey, body: { value: large } });
    const [a, b] = [await stock(id), await stock(id)];
    a.client.set('small', 1);
    b.client.set('small', 2);
    await settled();
    const { body } = await world.http('GET', path, { as: alice.sessionKey });
    // Its attributes are those of these clients by now.
    expect([body.value === large, body.version]).toEqual([true, 2]);
  });

  async function versionOf(id: string): Promise<number> {
    return (await world.http('GET', `/api/instances/${id}/keys`, { as: alice.sessionKey })).body.version;
  }
});
