import { describe, expect, it } from '@jest/globals';
import type { Job, Ports } from '../../functions/core/ports.ts';
import { beginDocument } from '../../functions/memory/bridge.ts';
import { listUnbridged } from '../../functions/memory/unbridged.ts';
import { held } from '../support/held-ports.ts';
import { changing, type MemoryClient, memoryWorld } from '../support/memory.ts';

const world = await memoryWorld();
const { settled } = world;
const alice = await world.person();

/** A random whole number below that. */
const below = (limit: number) => Math.floor(Math.random() * limit);

describe('clients that apply frames as they come', () => {
  it.each([1, 2])('all end with what is stored, in whatever order frames arrive (run %i)', async () => {
    const id = await world.instanceOf(alice);
    world.delayPosts(() => new Promise((resolve) => setTimeout(resolve, below(4) === 0 ? below(30) : 0)));
    const clients: MemoryClient[] = await Promise.all(Array.from({ length: 4 }, () => world.connect(id, alice)));
    for (let round = 0; round < 12; round++) {
      for (const client of clients) for (let n = 0; n < 3; n++) client.send(...changing(below));
      if (round % 4 === 2) clients.push(await world.connect(id, alice));
      await settled();
      const stored = await world.read(id, alice);
      for (const client of clients) expect(client.view()).toEqual(stored);
    }
    world.delayPosts(async () => {});
    expect(world.dead).toEqual([]);
  });

  it.each(Array.from({ length: 28 }, (_, ios) => ios))(
    'all end with what is stored when a handler dies before its I/O %i, and so do those who come later',
    async (ios) => {
      const id = await world.instanceOf(alice);
      const clients = [await world.connect(id, alice), await world.connect(id, alice)];
      const [a, b] = clients;
      a?.send('set', { key: 'k', value: 1 });
      a?.send('set', { key: 'other', value: 1 });
      await settled();
      world.killNextAfter(ios);
      a?.send('set', { key: 'k', value: 2 });
      await settled();
      world.killNextAfter(ios);
      b?.send('delete', { key: 'other' });
      await settled();
      world.killNextAfter(ios);
      b?.send('clear');
      a?.send('set', { key: 'k', value: 3 });
      await settled();
      a?.send('set', { key: 'last', value: [1] });
      await settled();
      world.killNextAfter(Number.POSITIVE_INFINITY);
      await world.remind();
      const stored = await world.read(id, alice);
      expect(stored.last).toEqual([1]);
      clients.push(await world.connect(id, alice));
      for (const client of clients) expect(client.view()).toEqual(stored);
      expect(world.dead).toEqual([]);
    },
  );

  it('keep the last of what twenty write into one key at once', async () => {
    const id = await world.instanceOf(alice);
    const clients = await Promise.all(Array.from({ length: 20 }, () => world.connect(id, alice)));
    for (const [at, client] of clients.entries()) client.send('set', { key: 'k', value: at });
    await settled();
    const stored = await world.read(id, alice);
    for (const client of clients) {
      expect(client.view()).toEqual(stored);
      const own = client.frames().filter(({ type }) => type === 'key_updated');
      expect(own.length).toBeGreaterThan(0);
    }
  });
});

describe('somebody who comes while a key is written', () => {
  it.each(['set', 'delete'])(
    'hears of it, although its writer has looked before for who listens (%s)',
    async (type) => {
      const { id, a } = await inhabited();
      const slow = held(world.ports, { call: 'put', on: 'MEMORY#' });
      const writing = a.socket.laneText(JSON.stringify({ type, key: 'k', value: 2 })).deliver(1, slow.ports);
      await slow.rests;
      const late = await world.connect(id, alice);
      expect(late.view()).toEqual({ k: 1 });
      slow.goOn();
      await writing;
      for (const client of [a, late]) expect(client.view()).toEqual(await world.read(id, alice));
    },
  );

  it('and edits it as a document has the document follow', async () => {
    const { id, a } = await inhabited();
    const slow = held(world.ports, { call: 'put', on: 'MEMORY#' });
    const writing = a.socket.laneText(JSON.stringify({ type: 'set', key: 'k', value: 2 })).deliver(1, slow.ports);
    await slow.rests;
    await beginDocument(world.ports, id);
    slow.goOn();
    await writing;
    expect(await listUnbridged(world.ports, id)).toEqual([{ key: 'k', mark: expect.any(String) }]);
  });

  it.each(['set', 'delete', 'clear'])('hears of it after a snapshot that was read before (%s)', async (type) => {
    const { id, a } = await inhabited();
    const [begun, ends] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let count = 0;
    world.delayPosts(async () => {
      // After who it is, what there is.
      if (++count !== 2) return;
      begun.resolve();
      await ends.promise;
    });
    const joining = world.connect(id, alice);
    await begun.promise;
    await a.socket.laneText(JSON.stringify({ type, key: 'k', value: 2 })).deliver(1);
    ends.resolve();
    const late = await joining;
    world.delayPosts(async () => {});
    expect(late.frames().find((frame) => frame.type === 'sync')?.data.k.value).toBe(1);
    for (const client of [a, late]) expect(client.view()).toEqual(await world.read(id, alice));
  });

  it.each(['delete', 'clear'])('and has been there before hears of what has gone meanwhile (%s)', async (type) => {
    const { id, a } = await inhabited();
    const b = await world.connect(id, alice);
    const slow = held(world.ports, { call: 'query', on: 'MEMORY#' });
    const auth = JSON.stringify({ type: 'auth', apiKey: alice.sessionKey });
    const again = b.socket.laneText(auth).deliver(1, slow.ports);
    await slow.rests;
    await a.socket.laneText(JSON.stringify({ type, key: 'k' })).deliver(1);
    slow.goOn();
    await again;
    await settled();
    for (const client of [a, b]) expect(client.view()).toEqual({});
  });

  async function inhabited() {
    const id = await world.instanceOf(alice);
    const a = await world.connect(id, alice);
    a.send('set', { key: 'k', value: 1 });
    await settled();
    return { id, a };
  }
});

describe('a key that is set while everything is cleared', () => {
  it.each([
    ['before the set takes its version', { call: 'update', on: 'memory' }, { k: 2 }, []],
    ['after it', { call: 'put', on: 'MEMORY#' }, {}, undefined],
  ] as const)('takes nothing along of what was there (%s)', async (_, rest, left, tags) => {
    const id = await world.instanceOf(alice);
    const [a, b] = [await world.connect(id, alice), await world.connect(id, alice)];
    b.send('set', { key: 'k', value: 1, attributes: { tags: ['old'] } });
    await settled();
    const slow = held(world.ports, rest);
    const setting = a.socket.laneText(JSON.stringify({ type: 'set', key: 'k', value: 2 })).deliver(1, slow.ports);
    await slow.rests;
    const jobs: Job[] = [];
    const send = async (more: readonly Job[]) => void jobs.push(...more);
    const slowQueue: Ports = Object.create(world.ports, { fanOut: { value: { send } } });
    await b.socket.laneText(JSON.stringify({ type: 'clear' })).deliver(1, slowQueue);
    slow.goOn();
    await setting;
    for (const job of jobs) await world.deliver(job);
    await settled();
    expect(await world.read(id, alice)).toEqual(left);
    const { body } = await world.http('GET', `/api/instances/${id}/keys`, { as: alice.sessionKey });
    expect(body.keys.k?.attributes.tags).toEqual(tags);
    for (const client of [a, b]) expect(client.view()).toEqual(left);
  });
});

describe('a change that changes nothing', () => {
  it.each([
    ['set', { key: 'k', value: 'first' }, { k: 'first' }],
    ['delete', { key: 'k' }, {}],
  ])('leaves its sender with what others write meanwhile (%s)', async (type, fields, before) => {
    const id = await world.instanceOf(alice);
    const [a, b] = [await world.connect(id, alice), await world.connect(id, alice)];
    for (const [key, value] of Object.entries(before)) a.send('set', { key, value });
    await settled();
    const [begun, held] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let count = 0;
    world.delayPosts(async () => {
      if (++count > 1) return;
      begun.resolve();
      await held.promise;
    });
    a.send(type, fields);
    await begun.promise;
    await b.socket.laneText(JSON.stringify({ type: 'set', key: 'k', value: 'second' })).deliver(1);
    held.resolve();
    await settled();
    world.delayPosts(async () => {});
    expect(await world.read(id, alice)).toEqual({ k: 'second' });
    for (const client of [a, b]) expect(client.view()).toEqual({ k: 'second' });
  });
});

describe('a frame that is delivered again', () => {
  it('takes back nothing that others have written since', async () => {
    const id = await world.instanceOf(alice);
    const [a, b] = [await world.connect(id, alice), await world.connect(id, alice)];
    const setting = a.socket.laneText(JSON.stringify({ type: 'set', key: 'k', value: 'first' }));
    await setting.deliver(1);
    b.send('set', { key: 'k', value: 'second' });
    await settled();
    await setting.deliver(2);
    expect(await world.read(id, alice)).toEqual({ k: 'second' });
    expect(a.frames().at(-1)).toMatchObject({ type: 'key_updated', value: 'second' });
    const deleting = a.socket.laneText(JSON.stringify({ type: 'delete', key: 'k' }));
    await deleting.deliver(1);
    b.send('set', { key: 'k', value: 'third' });
    await settled();
    await deleting.deliver(2);
    const clearing = a.socket.laneText(JSON.stringify({ type: 'clear' }));
    expect(await world.read(id, alice)).toEqual({ k: 'third' });
    await clearing.deliver(1);
    b.send('set', { key: 'k', value: 'fourth' });
    await settled();
    await clearing.deliver(2);
    expect(await world.read(id, alice)).toEqual({ k: 'fourth' });
    for (const client of [a, b]) expect(client.view()).toEqual({ k: 'fourth' });
  });

  it('is done when it was not, also where everybody has written much since', async () => {
    const id = await world.instanceOf(alice);
    const [a, b] = [await world.connect(id, alice), await world.connect(id, alice)];
    const setting = a.socket.laneText(JSON.stringify({ type: 'set', key: 'k', value: 'mine' }));
    await setting.deliver(2); // the first has died before it did anything
    expect(await world.read(id, alice)).toEqual({ k: 'mine' });
    for (let at = 0; at < 12; at++) b.send('set', { key: 'k', value: at });
    await settled();
    await setting.deliver(3);
    expect(await world.read(id, alice)).toEqual({ k: 11 });
  });

  it('does not revive what was cleared since', async () => {
    const id = await world.instanceOf(alice);
    const [a, b] = [await world.connect(id, alice), await world.connect(id, alice)];
    const setting = a.socket.laneText(JSON.stringify({ type: 'set', key: 'k', value: 'mine' }));
    await setting.deliver(1);
    await new Promise((resolve) => setTimeout(resolve, 2));
    b.send('clear');
    await settled();
    await setting.deliver(2);
    expect(await world.read(id, alice)).toEqual({});
    for (const client of [a, b]) expect(client.view()).toEqual({});
  });
});
