import { beforeAll, describe, expect, it } from '@jest/globals';
import * as Y from 'yjs';
import { work } from '../../functions/documents/jobs.ts';
import { channelAt, writeToBranch } from '../support/documents.ts';
import { recordCalls } from '../support/record-calls.ts';
import type { SignedIn, World } from '../support/world.ts';
import { makeWorld } from '../support/world.ts';

const hour = 3_600_000;
let world: World;
let owner: SignedIn;
let friend: SignedIn;
beforeAll(async () => {
  const branchVersions = { everyMs: hour, keepMs: 7 * 24 * hour };
  world = await makeWorld({ anonymous: new Set(['insts']), branchVersions });
  owner = await world.signIn('owner@example.com');
  friend = await world.signIn('friend@example.com');
});
const { call, made, grant } = recordCalls(() => world);

let count = 0;
/** A branch that somebody writes one word after the other into, a minute apart. */
function story(place: { recordName: string | null; inst: string } = { recordName: null, inst: `inst ${++count}` }) {
  const doc = new Y.Doc();
  const updates: string[] = [];
  doc.on('update', (update: Uint8Array) => void updates.push(Buffer.from(update).toString('base64')));
  const write = async (word: string) => {
    doc.getText('text').insert(doc.getText('text').length, word);
    world.clock.advance(60_000);
    return writeToBranch(world.ports, owner, place, updates.splice(0));
  };
  const input = (more: object = {}) => ({ ...place, ...more });
  const list = (more: object = {}, as: SignedIn | undefined = owner) => call('listInstVersions', as, input(more));
  return {
    place,
    write,
    compact: () => work(world.ports, { job: 'compact', channel: channelAt(place) }),
    list,
    numbers: async (more: object = {}): Promise<number[]> =>
      (await list(more)).versions.map(({ version }: { version: number }) => version),
    read: (version: number, as: SignedIn | undefined = owner) => call('getInstVersion', as, input({ version })),
    restore: (version: number, as: SignedIn | undefined = owner) => call('restoreInstVersion', as, input({ version })),
    /** What a version says. */
    textAt: async (version: number) => textOf((await call('getInstVersion', owner, input({ version }))).updates),
  };
}

function textOf(updates: readonly string[]): string {
  const doc = new Y.Doc();
  for (const update of updates) Y.applyUpdate(doc, Buffer.from(update, 'base64'));
  return doc.getText('text').toString();
}

describe('the versions of a branch', () => {
  it('are one for each message that brought updates, the newest first, with time and size', async () => {
    const { write, list, place } = story();
    for (const word of ['a', 'b', 'c']) await write(word);
    const now = world.clock.now();
    const { versions } = await list();
    expect(versions).toEqual([
      { version: 3, timeMs: now, sizeInBytes: expect.any(Number) },
      { version: 2, timeMs: now - 60_000, sizeInBytes: expect.any(Number) },
      { version: 1, timeMs: now - 120_000, sizeInBytes: expect.any(Number) },
    ]);
    const sizes = versions.map(({ sizeInBytes }: { sizeInBytes: number }) => sizeInBytes);
    expect(sizes).toEqual(sizes.toSorted((a: number, b: number) => b - a));
    const path = `/api/v2/records/insts/versions/list?inst=${encodeURIComponent(place.inst)}&version=3`;
    expect((await world.http('GET', path, { as: owner.sessionKey })).body).toEqual({
      success: true,
      versions: versions.slice(1),
    });
  });

  it('come fifty at a time', async () => {
    const { write, numbers } = story();
    for (let index = 0; index < 120; index++) await write('x');
    const first = await numbers();
    expect([first.length, first[0], first.at(-1)]).toEqual([50, 120, 71]);
    const second = await numbers({ version: 71 });
    expect([second.length, second[0], second.at(-1)]).toEqual([50, 70, 21]);
    expect(await numbers({ version: 21 })).toHaveLength(20);
    expect(await numbers({ version: 1 })).toEqual([]);
  });

  it('say what the branch was, however it is kept by now', async () => {
    const { write, compact, textAt, numbers } = story();
    for (const word of ['one ', 'two ', 'three ']) await write(word);
    expect(await textAt(2)).toBe('one two ');
    await compact();
    world.clock.advance(2 * hour);
    await write('four ');
    await compact();
    await write('five ');
    // What was compacted is one version; those between are gone.
    expect(await numbers()).toEqual([5, 4, 3]);
    expect([await textAt(5), await textAt(4), await textAt(3)]).toEqual([
      'one two three four five ',
      'one two three four ',
      'one two three ',
    ]);
  });

  it('are kept as far apart and for as long as the setting says', async () => {
    const { write, compact, numbers, textAt } = story({ recordName: await made(owner), inst: 'lasting' });
    for (const word of ['a', 'b', 'c', 'd']) {
      await write(word);
      await compact();
    }
    expect(await numbers()).toEqual([4, 1]);
    world.clock.advance(2 * hour);
    await write('e');
    await compact();
    await write('f');
    await compact();
    expect(await numbers()).toEqual([6, 5, 1]);
    expect(await textAt(1)).toBe('a');
    world.clock.advance(7 * 24 * hour);
    expect(await numbers()).toEqual([6]);
  });

  it('that are none, or none any more, are not found', async () => {
    const { write, compact, read } = story();
    await write('a');
    await write('b');
    await compact();
    const missing = { status: 404, errorCode: 'not_found' };
    for (const version of [1, 3, 1_000_000]) expect(await read(version)).toMatchObject(missing);
    for (const version of [0, -1, 1.5, 'x']) {
      expect(await read(version as number)).toMatchObject({ status: 400, errorCode: 'unacceptable_request' });
    }
    expect(await call('getInstVersion', owner, { inst: 'never made', version: 1 })).toMatchObject(missing);
    expect(await call('listInstVersions', owner, { inst: 'never made' })).toMatchObject({ versions: [] });
  });

  it('bring updates that are no document along, and bots', async () => {
    const { place, read } = story();
    const doc = new Y.Doc();
    doc.getMap('bots').set('bot', new Y.Map([['color', 'red']]));
    const update = Buffer.from(Y.encodeStateAsUpdate(doc)).toString('base64');
    await writeToBranch(world.ports, owner, place, ['no update', update, update]);
    expect(await read(1)).toEqual({
      status: 200,
      success: true,
      version: 1,
      timeMs: world.clock.now(),
      updates: [update, 'no update'],
      data: { version: 1, state: { bot: { id: 'bot', tags: { color: 'red' } } } },
    });
  });
});

describe('restoring a version', () => {
  it('undoes what came since, as a version of its own that can be undone as well', async () => {
    const { write, restore, textAt, numbers } = story();
    for (const word of ['one ', 'two ', 'three ']) await write(word);
    expect(await restore(1)).toEqual({ status: 200, success: true, version: 4 });
    expect(await textAt(4)).toBe('one ');
    expect(await restore(3)).toMatchObject({ version: 5 });
    expect(await textAt(5)).toBe('one two three ');
    expect(await numbers()).toEqual([5, 4, 3, 2, 1]);
  });

  it('goes back behind what was compacted', async () => {
    const { write, compact, restore, textAt } = story();
    await write('one ');
    await compact();
    world.clock.advance(2 * hour);
    await write('two ');
    await compact();
    await write('three ');
    const { version } = await restore(1);
    expect(await textAt(version)).toBe('one ');
    await compact();
    expect(await textAt(version)).toBe('one ');
  });

  it('adds nothing where nothing has come since', async () => {
    const { write, restore, numbers } = story();
    await write('one ');
    await write('two ');
    expect(await restore(2)).toMatchObject({ status: 200, version: 2 });
    await restore(1);
    expect(await restore(1)).toMatchObject({ status: 200, version: 3 });
    expect(await numbers()).toEqual([3, 2, 1]);
  });

  it('is refused when there is no such version', async () => {
    const { write, restore } = story();
    await write('one ');
    expect(await restore(7)).toMatchObject({ status: 404, errorCode: 'not_found' });
  });

  it('takes the permission to write, listing and reading the one to read', async () => {
    const recordName = await made(owner);
    const { write, restore, list, read } = story({ recordName, inst: 'mine' });
    await write('one ');
    await write('two ');
    const refused = { status: 403, errorCode: 'not_authorized' };
    expect(await list({}, friend)).toMatchObject(refused);
    expect(await read(1, friend)).toMatchObject(refused);
    const may = (action: string) =>
      grant(recordName, owner, {
        ...{ resourceKind: 'inst', action, subjectType: 'user', subjectId: friend.userId, resourceId: 'mine' },
      });
    await may('read');
    expect(await list({}, friend)).toMatchObject({ status: 200, versions: [{ version: 2 }, { version: 1 }] });
    expect(await read(1, friend)).toMatchObject({ status: 200, version: 1 });
    expect(await restore(1, friend)).toMatchObject({ ...refused, reason: { action: 'updateData' } });
    await may('updateData');
    expect(await restore(1, friend)).toMatchObject({ status: 200, version: 3 });
  });

  it('finds no room where the subscription leaves none', async () => {
    const features = { insts: { maxBytesPerInst: 220 } };
    const small = await makeWorld({}, { of: async () => features });
    const own = await small.signIn('owner@example.com');
    const calls = recordCalls(() => small);
    const recordName = await calls.made(own);
    const doc = new Y.Doc();
    const place = { recordName, inst: 'small' };
    const note = async (change: () => void) => {
      const before = Y.encodeStateVector(doc);
      change();
      const update = Buffer.from(Y.encodeStateAsUpdate(doc, before)).toString('base64');
      await writeToBranch(small.ports, own, place, [update]);
    };
    await note(() => doc.getText('text').insert(0, 'a text that takes some room, '.repeat(3)));
    await note(() => doc.getText('text').delete(0, 80));
    expect(await calls.call('restoreInstVersion', own, { ...place, version: 1 })).toMatchObject({
      status: 400,
      errorCode: 'max_size_reached',
    });
  });
});
