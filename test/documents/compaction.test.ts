import { describe, expect, it } from '@jest/globals';
import { write } from '../../functions/core/channel/document.ts';
import { entriesOf, readKept } from '../../functions/core/channel/kept.ts';
import { readHead } from '../../functions/core/channel/log.ts';
import { listSnapshots } from '../../functions/core/channel/snapshots.ts';
import { blockOf } from '../../functions/core/keys.ts';
import type { ChannelName, ConnectionId } from '../../functions/core/names.ts';
import type { Ports } from '../../functions/core/ports.ts';
import { work } from '../../functions/documents/jobs.ts';
import { roomChannel } from '../../functions/rooms/channel.ts';
import { arbitrary } from '../support/arbitrary.ts';
import { untilKilled } from '../support/mortal-ports.ts';
import { editors, stateAfter } from '../support/random-documents.ts';
import { makeWorld } from '../support/world.ts';

const text = (update: Uint8Array) => Buffer.from(update).toString('base64');
const bytes = (update: string) => new Uint8Array(Buffer.from(update, 'base64'));
const compact = (ports: Ports, channel: ChannelName) => work(ports, { job: 'compact', channel });
const minute = 60_000;

async function documentWorld() {
  const world = await makeWorld();
  const channel: ChannelName = 'branch:one';
  const { ports } = world;
  return {
    ...world,
    channel,
    async add(...updates: string[]) {
      const wrote = await write(ports, roomChannel, channel, {
        of: 'inst',
        from: 'writer' as ConnectionId,
        request: 'request',
        body: JSON.stringify(updates),
        mostBytes: undefined,
        note: async () => true,
      });
      expect(wrote.kind).toBe('written');
    },
    async read(): Promise<string[]> {
      const head = await readHead(ports, channel);
      if (!head) return [];
      return entriesOf(await readKept(ports, channel, head)).flatMap(({ body }) => JSON.parse(body));
    },
    rows: () => ports.table.query({ pk: blockOf(channel, 1) }),
    head: () => readHead(ports, channel),
  };
}

describe('compacting a document', () => {
  it('makes one update of all, worth the same, and leaves no rows behind', async () => {
    const { ports, channel, add, read, rows, head } = await documentWorld();
    const all = editors(arbitrary(1));
    all.edit(120);
    for (const update of all.updates) await add(text(update));
    const before = (await head())?.size ?? 0;
    await compact(ports, channel);
    const updates = await read();
    expect(updates).toHaveLength(1);
    expect(stateAfter(updates.map(bytes))).toEqual(all.state());
    expect(await rows()).toEqual([]);
    expect((await head())?.size).toBeLessThan(before);
    expect((await head())?.size).toBe(JSON.stringify(updates).length);
  });

  it('goes on from the snapshot, of which there is one', async () => {
    const { ports, channel, add, read, clock, blobs } = await documentWorld();
    const all = editors(arbitrary(2));
    for (let round = 0; round < 5; round++) {
      const known = all.updates.length;
      all.edit(20);
      for (const update of all.updates.slice(known)) await add(text(update));
      await compact(ports, channel);
      clock.advance(minute);
    }
    expect(stateAfter((await read()).map(bytes))).toEqual(all.state());
    expect((await listSnapshots(ports, channel)).filter((one) => one.versionUntil === undefined)).toHaveLength(1);
    expect(blobs.texts.size).toBe(0);
  });

  it('keeps a large snapshot among the blobs, and its predecessor for as long as a version lasts', async () => {
    const { ports, channel, add, read, blobs } = await documentWorld();
    const large = ['not an update, but large '.repeat(20_000), 'another'];
    for (const one of large) await add(one);
    await compact(ports, channel);
    expect(await read()).toEqual(large);
    expect(blobs.texts.size).toBe(1);
    await add('a third');
    await compact(ports, channel);
    expect(await read()).toEqual([...large, 'a third']);
    expect(blobs.texts.size).toBe(2);
  });

  it('does nothing to a document that is compact, or that is none', async () => {
    const { ports, channel, add, read, calls } = await documentWorld();
    await compact(ports, channel);
    expect(await readHead(ports, channel)).toBeUndefined();
    await add('one');
    await compact(ports, channel);
    calls.length = 0;
    await compact(ports, channel);
    expect(calls.length).toBeLessThan(6);
    expect(await read()).toEqual(['one']);
  });

  it('is done by one of many who see that it is time', async () => {
    const { ports, channel, add, read } = await documentWorld();
    for (let index = 0; index < 30; index++) await add(`update ${index}`);
    await Promise.all(Array.from({ length: 8 }, () => compact(ports, channel)));
    expect(await read()).toHaveLength(30);
    expect(await listSnapshots(ports, channel)).toHaveLength(1);
  });

  it('is due again when its lease has run out', async () => {
    const { ports, channel, add, clock, head } = await documentWorld();
    await add('one');
    expect(await untilKilled(ports, 2, (mine) => compact(mine, channel))).toBe(true);
    await compact(ports, channel);
    expect((await head())?.snapshot).toBeUndefined();
    clock.advance(minute + 1);
    await compact(ports, channel);
    expect((await head())?.snapshot).toBeDefined();
  });

  it('is finished by the next, where one was killed after it had switched and nothing came since', async () => {
    const { ports, channel, add, rows, clock } = await documentWorld();
    for (let index = 0; index < 30; index++) await add(`update ${index}`);
    await compact(ports, channel);
    for (let index = 30; index < 60; index++) await add(`update ${index}`);
    expect(await untilKilled(ports, 20, (mine) => compact(mine, channel))).toBe(true);
    expect((await rows()).length).toBeGreaterThan(0);
    clock.advance(minute + 1);
    await compact(ports, channel);
    expect(await rows()).toEqual([]);
    const unkept = (await listSnapshots(ports, channel)).filter((one) => one.versionUntil === undefined);
    expect(unkept.map(({ name }) => name)).toEqual([(await readHead(ports, channel))?.snapshot]);
  });

  it.each([...Array.from({ length: 22 }, (_, ios) => ios), 30, 45, 60])(
    'loses nothing when it is killed before its I/O %i, nor what is written meanwhile, and is made up for by the next',
    async (ios) => {
      const { ports, channel, add, read, rows, clock } = await documentWorld();
      const all = editors(arbitrary(ios + 1));
      all.edit(30);
      const half = all.updates.length;
      for (const update of all.updates.slice(0, 10)) await add(text(update));
      await compact(ports, channel);
      for (const update of all.updates.slice(10)) await add(text(update));
      all.edit(10);
      await Promise.all([
        untilKilled(ports, ios, (mine) => compact(mine, channel)),
        ...all.updates.slice(half).map((update) => add(text(update))),
      ]);
      expect(stateAfter((await read()).map(bytes))).toEqual(all.state());
      clock.advance(minute + 1);
      await compact(ports, channel);
      const updates = await read();
      expect(updates).toHaveLength(1);
      expect(stateAfter(updates.map(bytes))).toEqual(all.state());
      expect(await rows()).toEqual([]);
      const unkept = (await listSnapshots(ports, channel)).filter((one) => one.versionUntil === undefined);
      expect(unkept.map(({ name }) => name)).toEqual([(await readHead(ports, channel))?.snapshot]);
    },
  );

  it('shows every reader everything that was acknowledged before, however often it runs and is killed meanwhile', async () => {
    const { ports, channel, add, read, clock } = await documentWorld();
    const any = arbitrary(7);
    const acknowledged: string[] = [];
    let running = true;
    const compactors = Array.from({ length: 2 }, async () => {
      while (running) {
        await untilKilled(ports, 1 + any.integer(60), (mine) => compact(mine, channel));
        clock.advance(minute + 1);
        await new Promise((resolve) => setImmediate(resolve));
      }
    });
    const readers = Array.from({ length: 2 }, async () => {
      while (running) {
        const before = [...acknowledged];
        const found = new Set(await read());
        expect(before.filter((one) => !found.has(one))).toEqual([]);
      }
    });
    const writers = Array.from({ length: 3 }, async (_, writer) => {
      for (let index = 0; index < 60; index++) {
        const update = `update ${writer} ${index}`;
        await add(update);
        acknowledged.push(update);
      }
    });
    await Promise.all(writers).finally(() => {
      running = false;
    });
    await Promise.all([...compactors, ...readers]);
    clock.advance(minute + 1);
    await compact(ports, channel);
    expect(new Set(await read())).toEqual(new Set(acknowledged));
  });
});
