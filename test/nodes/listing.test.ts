import { describe, expect, it } from '@jest/globals';
import { updateNode } from '../../functions/nodes/raising.ts';
import { held } from '../support/held-ports.ts';
import { nodesWorld } from '../support/nodes.ts';

const world = await nodesWorld();
const { get, update, as } = world;
const since = async (version?: number | string) =>
  (await get(`versions${version === undefined ? '' : `?since=${version}`}`, { as })).body;

describe('listing what has changed', () => {
  it('tells each node once, at its latest version, ascending, and only what is later', async () => {
    const first = await update('a', '1');
    await update('b', '1');
    const last = await update('a', '2');
    const body = await since(first);
    expect(body).toEqual({
      serverId: 'chorus',
      maxVersion: last,
      peerSummaries: [],
      timestamp: world.clock.now(),
      changed: [
        { key: 'b', version: first + 1, hash: '1' },
        { key: 'a', version: last, hash: '2' },
      ],
      settled: first,
    });
    expect((await since()).changed).toHaveLength(2);
    expect((await since(last)).changed).toEqual([]);
  });

  it('goes page by page, a thousand at a time', async () => {
    await world.post('invalidate', { keys: Array.from({ length: 1_000 }, (_, n) => `paged ${n}`) }, { as });
    const last = await update('paged last', 'h');
    const first = await since(0);
    expect(first.changed).toHaveLength(1_000);
    const second = await since(first.next);
    expect(second).not.toHaveProperty('next');
    const all = [...first.changed, ...second.changed];
    expect(new Set(all.map(({ key }) => key)).size).toBe(1_003);
    expect(all.at(-1)).toMatchObject({ key: 'paged last', version: last });
    const versions = all.map(({ version }) => version);
    expect(versions).toEqual([...versions].sort((a, b) => a - b));
  });

  it('says so on the first of several pages', async () => {
    const writer = held(world.ports, { call: 'update', on: 'NODE#late' });
    const start = (await since()).maxVersion;
    const early = updateNode(writer.ports, 'late', 'h');
    await writer.rests;
    await world.post('invalidate', { keys: Array.from({ length: 1_000 }, (_, n) => `paged ${n}`) }, { as });
    await update('paged last', 'h');
    const first = await since(start);
    expect(first.settled).toBe(start);
    expect((await since(first.next)).changed.map(({ key }: { key: string }) => key)).toEqual(['paged last']);
    writer.goOn();
    await early;
    expect((await since(first.settled)).changed[0]).toMatchObject({ key: 'late' });
  });

  it('says up to where nothing can appear any more, so that a slow writer’s node is not missed', async () => {
    const writer = held(world.ports, { call: 'update', on: 'NODE#slow' });
    const start = (await since()).maxVersion;
    const early = updateNode(writer.ports, 'slow', 'h');
    await writer.rests;
    await update('quick', 'h');
    const seen = await since(start);
    expect(seen.changed.map(({ key }: { key: string }) => key)).toEqual(['quick']);
    expect(seen.settled).toBe(start);
    writer.goOn();
    await early;
    expect((await since(seen.settled)).changed.map(({ key }: { key: string }) => key)).toEqual(['slow', 'quick']);
    world.clock.advance(6_000);
    const later = await since(start);
    expect(later.settled).toBe(later.changed.at(-1).version);
  });

  it.each(['-1', 'x', '1.5', '', '1e3', '99999999999999999'])('refuses since=%s', async (text) => {
    expect((await get(`versions?since=${text}`, { as })).status).toBe(400);
  });

  it('never says more than has been given, whatever a client knows', async () => {
    const { maxVersion } = await since();
    expect(await since(maxVersion + 1_000)).toMatchObject({ maxVersion, settled: maxVersion, changed: [] });
    const { headers } = await world.post('invalidate', { keys: ['nobody’s'], source: 'a peer' }, { as });
    expect(JSON.parse(String(headers['x-reality-gossip']))).toMatchObject({ maxVersion });
  });

  it('ends a page before an answer would be too large', async () => {
    const start = (await since()).maxVersion;
    // Each is six times as long in JSON.
    const hash = '\u0001'.repeat(4_000);
    for (let n = 0; n < 300; n++) await update(`large ${n}`, hash);
    const keys: string[] = [];
    for (let from = start; from !== undefined; ) {
      const page = await since(from);
      keys.push(...page.changed.map(({ key }: { key: string }) => key));
      from = page.next;
    }
    expect(keys).toEqual(Array.from({ length: 300 }, (_, n) => `large ${n}`));
  });

  it('takes somebody who is signed in', async () => {
    expect((await get('versions')).status).toBe(401);
  });
});
