import { describe, expect, it } from '@jest/globals';
import { hashOfNode, keys, nodeWatchersOf } from '../../functions/core/keys.ts';
import { channelOf } from '../../functions/doorbell/channel.ts';
import { deleteNode, updateNode, updateNodes } from '../../functions/nodes/raising.ts';
import { roomWorld } from '../support/rooms.ts';
import type { Client } from '../support/sockets.ts';

const world = await roomWorld({ anonymous: new Set(['nodes', 'rooms']), nodesGuarded: ['private:'] });
const { ports } = world;
let count = 0;
const newKey = () => `watched ${++count}`;
const open = () => world.connect({ path: '/nodes' });

type Versions = Record<string, number>;
const framesOf = (client: Client) => client.texts.map((text) => JSON.parse(text));
/** Everything heard so far, taken together as a client does. */
const known = (client: Client): Versions => {
  const versions: Versions = {};
  for (const frame of framesOf(client)) Object.assign(versions, frame.versions);
  return versions;
};
const changes = (client: Client) => framesOf(client).filter(({ type }) => type === 'nodes.changed');

async function watch(client: Client, keys: readonly string[]) {
  client.sendText(JSON.stringify({ type: 'nodes.watch', keys }));
  await world.settled();
}
const watchersOf = (key: string) => ports.connections.query({ pk: nodeWatchersOf(hashOfNode(key)) });

describe('watching nodes', () => {
  it('is answered with their versions, 0 for those that are not there', async () => {
    const [key, none] = [newKey(), newKey()];
    const { version } = await updateNode(ports, key, 'h');
    const client = await open();
    await watch(client, [key, none, key]);
    expect(framesOf(client)).toEqual([{ type: 'nodes.watching', versions: { [key]: version, [none]: 0 } }]);
  });

  it('tells each change, making and deletion, and nothing of other nodes', async () => {
    const [key, other] = [newKey(), newKey()];
    const client = await open();
    await watch(client, [key]);
    await updateNode(ports, other, 'h');
    const { version } = await updateNode(ports, key, 'h');
    await world.settled();
    expect(changes(client)).toEqual([{ type: 'nodes.changed', versions: { [key]: version } }]);
    await deleteNode(ports, key);
    await world.settled();
    expect(known(client)[key]).toBe(0);
  });

  it('replaces the list; an empty one ends it, and leaves nothing', async () => {
    const [first, second] = [newKey(), newKey()];
    const client = await open();
    await watch(client, [first]);
    await watch(client, [second]);
    await updateNode(ports, first, 'h');
    const { version } = await updateNode(ports, second, 'h');
    await world.settled();
    expect(changes(client)).toEqual([{ type: 'nodes.changed', versions: { [second]: version } }]);
    await watch(client, []);
    expect(framesOf(client).at(-1)).toEqual({ type: 'nodes.watching', versions: {} });
    await updateNode(ports, second, 'h2');
    await world.settled();
    expect(changes(client)).toHaveLength(1);
    expect(await watchersOf(first)).toEqual([]);
    expect(await watchersOf(second)).toEqual([]);
  });

  it('tells what changes at once together, each client once for all of its nodes', async () => {
    const keys = Array.from({ length: 30 }, newKey);
    const [all, one] = [await open(), await open()];
    await watch(all, keys);
    await watch(one, keys.slice(0, 1));
    await updateNode(ports, keys[0] ?? '', 'first');
    const raised = await Promise.all(keys.map((key) => updateNode(ports, key, 'h')));
    await world.settled();
    for (const { key, version } of raised) expect(known(all)[key]).toBe(version);
    expect(changes(all).length).toBeLessThanOrEqual(4);
    expect(known(one)[keys[0] ?? '']).toBe(raised[0]?.version);
    expect(Object.keys(known(one))).toEqual([keys[0]]);
  });

  it('tells many clients, each what it watches', async () => {
    const [shared, ...own] = Array.from({ length: 21 }, newKey);
    const clients = await Promise.all(own.map(open));
    for (const [n, client] of clients.entries()) await watch(client, [shared ?? '', own[n] ?? '']);
    const raised = await updateNodes(
      ports,
      [shared ?? '', ...own].map((key) => ({ key, hash: 'h' })),
    );
    await world.settled();
    const versions = Object.fromEntries(raised.map(({ key, version }) => [key, version]));
    for (const [n, client] of clients.entries()) {
      expect(known(client)).toEqual({ [shared ?? '']: versions[shared ?? ''], [own[n] ?? '']: versions[own[n] ?? ''] });
    }
  });

  it('takes a thousand keys, and what does not fit one frame in several', async () => {
    const keys = Array.from({ length: 1_000 }, (_, n) => `${'ä'.repeat(50)} ${n}`);
    const client = await open();
    await watch(client, keys);
    expect(framesOf(client)[0].type).toBe('nodes.watching');
    expect(Object.keys(known(client))).toHaveLength(1_000);
    for (const text of client.texts) expect(Buffer.byteLength(text)).toBeLessThan(128_000);
    const raised = await updateNodes(
      ports,
      keys.map((key) => ({ key, hash: 'h' })),
    );
    await world.settled();
    expect(known(client)).toEqual(Object.fromEntries(raised.map(({ key, version }) => [key, version])));
    client.close();
    await world.settled();
    expect(await watchersOf(keys[999] ?? '')).toEqual([]);
    expect(await ports.table.get({ ...headOf(client) })).toBeUndefined();
  });

  it('misses nothing that changes while it begins', async () => {
    for (let round = 0; round < 10; round += 1) {
      const key = newKey();
      const client = await open();
      client.sendText(JSON.stringify({ type: 'nodes.watch', keys: [key] }));
      const { version } = await updateNode(ports, key, 'h');
      await world.settled();
      expect(known(client)[key]).toBe(version);
    }
  });

  it('ends with the socket, however that ends', async () => {
    const key = newKey();
    const [closed, vanished, stays] = [await open(), await open(), await open()];
    for (const client of [closed, vanished, stays]) await watch(client, [key]);
    closed.close();
    vanished.vanish();
    const { version } = await updateNode(ports, key, 'h');
    await world.settled();
    expect((await watchersOf(key)).map(({ sk }) => sk)).toEqual([stays.id]);
    expect(known(stays)[key]).toBe(version);
  });

  it('leaves what it should, wherever it is killed', async () => {
    for (let ios = 0; ios < 14; ios += 1) {
      const [before, after] = [newKey(), newKey()];
      const client = await open();
      await watch(client, [before]);
      world.killNextAfter(ios);
      await watch(client, [after]);
      world.killNextAfter(Number.POSITIVE_INFINITY);
      expect([ios, (await watchersOf(before)).length, (await watchersOf(after)).length]).toEqual([ios, 0, 1]);
      const { version } = await updateNode(ports, after, 'h');
      await world.settled();
      expect(known(client)[after]).toBe(version);
    }
  });

  it('is told by whoever takes over, wherever the teller is killed', async () => {
    for (let ios = 0; ios < 7; ios += 1) {
      const key = newKey();
      const client = await open();
      await watch(client, [key]);
      world.killNextAfter(ios);
      const { version } = await updateNode(ports, key, 'h');
      await world.settled();
      world.killNextAfter(Number.POSITIVE_INFINITY);
      expect([ios, known(client)[key]]).toEqual([ios, version]);
    }
  });

  it('goes on after a turn whose job was lost', async () => {
    const key = newKey();
    const client = await open();
    await watch(client, [key]);
    await ports.connections.put({ ...keys.bell(), pending: `${ports.clock.now() - 3_001}:lost` });
    const { version } = await updateNode(ports, key, 'h');
    await world.settled();
    expect(known(client)[key]).toBe(version);
  });

  it('shows nothing that the caller may not read', async () => {
    const client = await open();
    const key = `private:${newKey()}`;
    await updateNode(ports, key, 'h');
    await watch(client, [key]);
    await updateNode(ports, key, 'h2');
    await world.settled();
    expect(framesOf(client)).toEqual([{ type: 'nodes.watching', versions: { [key]: 0 } }]);
  });

  const headOf = (client: Client) => keys.head(channelOf(client.id));
});

describe('frames of the doorbell', () => {
  it.each([
    ['no keys', { type: 'nodes.watch' }],
    ['a text for keys', { type: 'nodes.watch', keys: 'k' }],
    ['an empty key', { type: 'nodes.watch', keys: [''] }],
    ['a key that is too long', { type: 'nodes.watch', keys: ['x'.repeat(1_025)] }],
    ['too many keys', { type: 'nodes.watch', keys: Array.from({ length: 1_001 }, (_, n) => `k${n}`) }],
    ['another type', { type: 'nodes.listen', keys: ['k'] }],
  ])('with %s are refused', async (_, frame) => {
    const client = await open();
    await world.direct(client, JSON.stringify(frame));
    expect(framesOf(client)).toEqual([
      { type: 'error', payload: { code: 'INVALID_MESSAGE', message: expect.any(String) } },
    ]);
  });

  it('are understood beside those of rooms and of noex, on paths that name no protocol', async () => {
    const client = await world.connect({ path: '/anything' });
    client.send('join_room', { roomId: 'beside' });
    await watch(client, ['beside']);
    const types = framesOf(client).map(({ type }) => type);
    expect(types).toContain('room_joined');
    expect(types).toContain('nodes.watching');
    client.sendText(JSON.stringify({ type: 'nodes.watch', keys: [], id: 7 }));
    await world.settled();
    expect(framesOf(client).at(-1)).toEqual({ type: 'nodes.watching', versions: {} });
  });

  it('are unknown where the path names another protocol', async () => {
    const client = await world.connect({ path: '/live' });
    await world.direct(client, JSON.stringify({ type: 'nodes.watch', keys: ['k'] }));
    expect(framesOf(client)).toMatchObject([{ type: 'error', payload: { code: 'INVALID_MESSAGE' } }]);
  });

  it('are refused to anonymous callers where the deployment does not let them in', async () => {
    const closed = await roomWorld({ anonymous: new Set(['rooms']) });
    const client = await closed.connect({ path: '/nodes' });
    await closed.direct(client, JSON.stringify({ type: 'nodes.watch', keys: ['k'] }));
    expect(framesOf(client)).toMatchObject([{ type: 'error', payload: { code: 'FORBIDDEN' } }]);
  });
});

describe('the doorbell', () => {
  it('breaks nowhere', () => {
    expect([world.dead, world.errors]).toEqual([[], []]);
  });
});
