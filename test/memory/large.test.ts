import { describe, expect, it } from '@jest/globals';
import { keys } from '../../functions/core/keys.ts';
import type { Ports } from '../../functions/core/ports.ts';
import { channelOf } from '../../functions/memory/channel.ts';
import { httpOver } from '../support/http.ts';
import { memoryWorld } from '../support/memory.ts';

/** Instances with much in them: what it costs to list, count and copy them, and that values of any size stay what they are. */
const world = await memoryWorld();
const { http, ports } = world;
const owner = await world.person();
const as = owner.sessionKey;
const project = (await http('POST', '/api/projects', { as, body: { name: 'A project' } })).body;

let count = 0;
async function newInstance(body: object = {}) {
  const { status, body: made } = await http('POST', `/api/projects/${project.id}/instances`, {
    as,
    body: { name: `instance ${++count}`, ...body },
  });
  return { status, error: made.error as string, id: made.id as string };
}

const at = (id: string, key?: string) =>
  `/api/instances/${id}/keys${key === undefined ? '' : `/${encodeURIComponent(key)}`}`;
const put = (id: string, key: string, value: unknown, attributes?: object) =>
  http('PUT', at(id, key), { as, body: { value, attributes } });
const get = async (id: string, key: string) => (await http('GET', at(id, key), { as })).body;
const list = async (id: string, query = '') => (await http('GET', `${at(id)}${query}`, { as })).body;

const text = (length: number, letter = 'x') => letter.repeat(length);
/** Within the row, in a row of its own, and elsewhere. */
const lengths = [10, 4_000, 5_000, 100_000, 200_000];

/** Rows of values that stand by themselves. */
async function valueRows(id: string, names: readonly string[]): Promise<number> {
  return (await ports.table.batchGet(names.map((name) => keys.memoryValue(id, name)))).length;
}

describe('a value of any size', () => {
  it('is what it was set to, whatever stood there before', async () => {
    const { id } = await newInstance();
    for (const before of lengths) {
      for (const after of lengths) {
        await put(id, 'k', text(before, 'b'));
        const { version } = (await put(id, 'k', text(after, 'a'))).body;
        const read = await get(id, 'k');
        expect([read.value.length, read.value[0], read.version]).toEqual([after, 'a', version]);
        expect(await valueRows(id, ['k'])).toBe(after === 5_000 || after === 100_000 ? 1 : 0);
      }
    }
  });

  it('is told apart from an equal one, and stays when only its attributes change', async () => {
    const { id } = await newInstance();
    for (const length of lengths) {
      const { version } = (await put(id, 'k', text(length))).body;
      expect((await put(id, 'k', text(length))).body.version).toBe(version);
      const changed = (await http('PUT', at(id, 'k'), { as, body: { attributes: { zIndex: length } } })).status;
      expect(changed).toBe(400); // a value belongs to it over HTTP
      await put(id, 'k', text(length), { zIndex: length });
      const read = await get(id, 'k');
      expect([read.value.length, read.attributes.zIndex, read.version]).toEqual([length, length, version + 1]);
    }
  });

  it('leaves nothing behind when it is deleted, cleared or erased', async () => {
    const { id } = await newInstance();
    const names = ['a', 'b', 'c'];
    for (const name of names) await put(id, name, text(50_000));
    expect(await valueRows(id, names)).toBe(3);
    await http('DELETE', at(id, 'a'), { as });
    expect(await valueRows(id, names)).toBe(2);
    await put(id, 'a', text(50_000, 'y'));
    expect((await get(id, 'a')).value[0]).toBe('y');
    await http('DELETE', `/api/instances/${id}`, { as });
    await world.settled();
    expect(await valueRows(id, names)).toBe(0);
  });

  it('is read whole while others change it', async () => {
    const { id } = await newInstance();
    await put(id, 'k', text(10));
    let isOver = false;
    const writing = Promise.all(
      ['a', 'b'].map(async (letter) => {
        for (let round = 0; round < 12; round++)
          await put(id, 'k', text(lengths[(round + letter.charCodeAt(0)) % 4] ?? 1, letter));
      }),
    ).finally(() => {
      isOver = true;
    });
    const seen = new Set<string>();
    while (!isOver) {
      const [one, all] = await Promise.all([get(id, 'k'), list(id)]);
      for (const { value } of [one, all.keys.k]) {
        expect(new Set(value).size).toBe(1);
        seen.add(`${value[0]}${value.length}`);
      }
    }
    await writing;
    expect(seen.size).toBeGreaterThan(1);
  });
});

describe('a list', () => {
  it('reads the values that it shows, and no others', async () => {
    const { id } = await newInstance();
    for (let n = 0; n < 40; n++) await put(id, `key ${n}`, text(100_000));
    const { table } = ports;
    let bytes = 0;
    const metered: Ports = Object.create(ports, {
      table: {
        value: Object.assign(Object.create(table), {
          // DynamoDB reads whole items, whatever is taken of them.
          async query({ only: _, ...asked }: Parameters<typeof table.query>[0]) {
            const items = await table.query(asked);
            bytes += Buffer.byteLength(JSON.stringify(items));
            return items;
          },
        }),
      },
    });
    const { body } = await httpOver(metered)('GET', `${at(id)}?limit=1`, { as });
    expect(Object.keys(body.keys)).toHaveLength(1);
    expect(bytes).toBeLessThan(50_000);
  });
});

describe('counting anew', () => {
  it('makes room also while others write', async () => {
    const { id } = await newInstance();
    await put(id, 'k', 0);
    const head = keys.head(channelOf(id));
    await ports.table.put({ ...(await ports.table.get(head)), ...head, memoryKeys: 10_000 });
    let others = 0;
    const { table } = ports;
    const busy: Ports = Object.create(ports, {
      table: {
        value: Object.assign(Object.create(table), {
          async query(asked: Parameters<typeof table.query>[0]) {
            const rows = await table.query(asked);
            await put(id, 'k', ++others);
            return rows;
          },
        }),
      },
    });
    const { status } = await httpOver(busy)('PUT', at(id, 'new'), { as, body: { value: 1 } });
    expect(others).toBeGreaterThan(0);
    expect(status).toBe(200);
    expect(await ports.table.get(head)).toMatchObject({ memoryKeys: 2 });
  });
});

describe('a copy', () => {
  it('has all keys as they were, with their attributes', async () => {
    const { id } = await newInstance();
    for (const length of lengths) await put(id, `of ${length}`, text(length), { zIndex: -length, contentTags: ['t'] });
    for (let n = 0; n < 120; n++) await put(id, `key ${n}`, n);
    await http('DELETE', at(id, 'key 7'), { as });
    const { id: copy, status } = await newInstance({ cloneFrom: id });
    expect(status).toBe(201);
    const [before, after] = await Promise.all([list(id), list(copy)]);
    const shown = ({ keys: all }: { keys: Record<string, { value: string; attributes: object }> }) =>
      Object.entries(all).map(([key, { value, attributes }]) => [
        key,
        typeof value === 'string' && value.startsWith('http') ? 'elsewhere' : value,
        attributes,
      ]);
    expect(shown(after)).toEqual(shown(before));
    expect((await get(copy, 'of 200000')).value).toBe(text(200_000));
    const versions = Object.values<{ version: number }>(after.keys).map(({ version }) => version);
    expect(new Set(versions).size).toBe(versions.length);
    // It is an instance like any other: it counts what it has, and takes the next version.
    expect((await put(copy, 'next', 1)).body.version).toBe(Math.max(...versions) + 1);
    const bytes = lengths.reduce((sum, length) => sum + length + 2, 0);
    const head = await ports.table.get(keys.head(channelOf(copy)));
    expect(head).toMatchObject({ memoryKeys: lengths.length + 119 + 1 });
    expect(Number(head?.memoryBytes)).toBeGreaterThanOrEqual(bytes);
  });

  it('of more than 32 MiB is refused, and leaves nothing', async () => {
    const { id } = await newInstance();
    const half = text(4_000_000);
    for (let n = 0; n < 9; n++) await put(id, `key ${n}`, half);
    const before = (await http('GET', `/api/projects/${project.id}/instances`, { as })).body.instances.length;
    const { status, error } = await newInstance({ cloneFrom: id });
    expect(status).toBe(413);
    expect(error).toContain('33554432 bytes');
    world.advance(6 * 60_000);
    const after = (await http('GET', `/api/projects/${project.id}/instances`, { as })).body.instances.length;
    expect(after).toBe(before);
  });
});

describe('who changes a key that others change all the time', () => {
  it('follows them for a few posts, and has somebody else go on', async () => {
    const { id } = await newInstance();
    const { gateway, table } = ports;
    let posts = 0;
    const racing: Ports = Object.create(ports, {
      gateway: {
        value: Object.assign(Object.create(gateway), {
          async post(...asked: Parameters<typeof gateway.post>) {
            posts += 1;
            const where = keys.memoryKey(id, 'k');
            const now = await table.get(where);
            if (posts < 300) await table.put({ ...now, ...where, version: Number(now?.version) + 1 });
            return gateway.post(...asked);
          },
        }),
      },
    });
    const listener = await world.connect(id, owner);
    const { status } = await httpOver(racing)('PUT', at(id, 'k'), { as, body: { value: 1 } });
    expect(status).toBe(200);
    expect(posts).toBeLessThan(10);
    await world.settled();
    // Whoever goes on tells what the key is in the end.
    const last = listener
      .frames()
      .filter(({ type }) => type === 'key_updated')
      .at(-1);
    expect(last?.version).toBe((await get(id, 'k')).version);
  });
});

describe('who is sent a large snapshot', () => {
  it('hears of no change before its end, not even of its own', async () => {
    const { id } = await newInstance();
    for (let n = 0; n < 90; n++) await put(id, `key ${n}`, text(100_000));
    const client = await world.open({ path: `/sync/${id}`, query: { access_token: as } });
    for (let n = 0; n < 5; n++) client.sendText(JSON.stringify({ type: 'set', key: `key ${n}`, value: n }));
    client.sendText(JSON.stringify({ type: 'set', key: 'key 5', value: text(100_000) })); // as it is
    client.sendText(JSON.stringify({ type: 'delete', key: 'key 6' }));
    await world.settled();
    const frames = client.texts.map((frame) => JSON.parse(frame));
    const parts = frames.filter(({ type }) => type === 'sync');
    expect(parts.map(({ part }) => part)).toEqual(Array.from({ length: parts[0].parts }, (_, index) => index + 1));
    expect(frames.slice(1, 1 + parts.length)).toEqual(parts);
    const view = new Map<string, unknown>();
    for (const { type, data, key, value } of frames) {
      if (type === 'sync')
        for (const [name, entry] of Object.entries(data)) view.set(name, (entry as { value: unknown }).value);
      if (type === 'key_updated') view.set(key, value);
      if (type === 'key_deleted') view.delete(key);
    }
    expect(view.size).toBe(89);
    expect([0, 1, 2, 3, 4].map((n) => view.get(`key ${n}`))).toEqual([0, 1, 2, 3, 4]);
  });
});
