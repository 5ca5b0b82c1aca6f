import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { keys } from '../../functions/core/keys.ts';
import { channelOf } from '../../functions/memory/channel.ts';
import { held } from '../support/held-ports.ts';
import { httpOver } from '../support/http.ts';
import { memoryWorld } from '../support/memory.ts';

const world = await memoryWorld();
const { settled, http, blobs } = world;
const alice = await world.person();
const bob = await world.person();
const as = alice.sessionKey;

const at = (id: string, key?: string) =>
  `/api/instances/${id}/keys${key === undefined ? '' : `/${encodeURIComponent(key)}`}`;
const put = (id: string, key: string, body: object, who = as) => http('PUT', at(id, key), { as: who, body });

describe('keys over HTTP', () => {
  it('are set, read, listed, deleted and cleared, and everybody connected hears of it', async () => {
    const id = await world.instanceOf(alice);
    const client = await world.connect(id, alice);
    client.news();
    const set = await put(id, 'a/b c', { value: { x: 1 }, attributes: { type: 'json', zIndex: 2 } });
    expect([set.status, set.body]).toEqual([
      200,
      { success: true, key: 'a/b c', version: 1, updatedAt: expect.any(Number) },
    ]);
    await put(id, 'first', { value: null });
    expect(client.news()).toMatchObject([
      { type: 'key_updated', key: 'a/b c', value: { x: 1 }, updatedBy: alice.userId, version: 1 },
      { type: 'key_updated', key: 'first', value: null, version: 2 },
    ]);
    expect((await http('GET', at(id, 'a/b c'), { as })).body).toEqual({
      key: 'a/b c',
      value: { x: 1 },
      attributes: expect.objectContaining({ type: 'json', zIndex: 2, visible: true }),
      version: 1,
      updatedAt: set.body.updatedAt,
    });
    const listed = (await http('GET', at(id), { as })).body;
    expect([Object.keys(listed.keys), listed.version, listed.next]).toEqual([['first', 'a/b c'], 2, undefined]);
    expect((await http('DELETE', at(id, 'first'), { as })).body).toEqual({ success: true, version: 3 });
    expect((await http('DELETE', at(id, 'first'), { as })).body).toEqual({ success: true, version: 3 });
    expect((await http('GET', at(id, 'first'), { as })).body).toEqual({ error: 'Key not found' });
    expect((await http('DELETE', at(id), { as })).body).toEqual({ success: true, version: 4 });
    expect(client.news().map(({ type }) => type)).toEqual(['key_deleted', 'cleared']);
    expect(await world.read(id, alice)).toEqual({});
  });

  it('come in pages that miss nothing', async () => {
    const id = await world.instanceOf(alice);
    for (let n = 0; n < 25; n++) await put(id, `key ${n}`, { value: n, attributes: { zIndex: n % 3 } });
    const seen: string[] = [];
    let cursor = '';
    do {
      const { body } = await http('GET', `${at(id)}?limit=7${cursor}`, { as });
      seen.push(...Object.keys(body.keys));
      cursor = body.next === undefined ? '' : `&cursor=${body.next}`;
    } while (cursor !== '');
    expect(seen).toHaveLength(25);
    expect(new Set(seen).size).toBe(25);
    expect((await http('GET', `${at(id)}?cursor=nonsense`, { as })).status).toBe(400);
    expect((await http('GET', `${at(id)}?limit=0`, { as })).status).toBe(400);
  });

  it('change only in the version that is expected; of twenty at once one wins', async () => {
    const id = await world.instanceOf(alice);
    expect((await put(id, 'k', { value: 1, ifVersion: 3 })).body).toEqual({
      error: 'Version conflict',
      code: 'CONFLICT',
      version: 0,
    });
    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => put(id, 'k', { value: n, ifVersion: 0 })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    const [{ body: won } = { body: undefined }] = answers.filter(({ status }) => status === 200);
    expect(answers.filter(({ status }) => status === 409).every(({ body }) => body.version === won.version)).toBe(true);
    let value = 0;
    const add = async () => {
      for (;;) {
        const { body } = await http('GET', at(id, 'counter'), { as });
        const ifVersion = body.version ?? 0;
        const done = await put(id, 'counter', { value: (body.value ?? 0) + 1, ifVersion });
        if (done.status === 200) return;
        expect(done.status).toBe(409);
      }
    };
    await Promise.all(Array.from({ length: 5 }, add));
    value = (await http('GET', at(id, 'counter'), { as })).body.value;
    expect(value).toBe(5);
  });

  it('keep what is left out of their attributes', async () => {
    const id = await world.instanceOf(alice);
    await put(id, 'k', { value: 1, attributes: { tags: ['a'], unknown: [1], type: 'json' } });
    await put(id, 'k', { value: 2, attributes: { zIndex: 4 } });
    const { body } = await http('GET', at(id, 'k'), { as });
    expect(body.attributes).toMatchObject({ tags: ['a'], unknown: [1], type: 'json', zIndex: 4 });
  });

  it('are refused with the texts of their clients', async () => {
    const id = await world.instanceOf(alice);
    await world.share(id, bob, 'read');
    const refusal = async (...args: Parameters<typeof http>) => {
      const { status, body } = await http(...args);
      return [status, body.error, body.code];
    };
    const carol = await world.person();
    expect(await refusal('GET', at(id))).toEqual([401, 'Authorization required', undefined]);
    expect(await refusal('GET', at(id), { as: carol.sessionKey })).toEqual([404, 'Instance not found', undefined]);
    expect(await refusal('GET', at('nowhere'), { as })).toEqual([404, 'Instance not found', undefined]);
    expect(await refusal('PUT', at(id, 'k'), { as: bob.sessionKey, body: { value: 1 } })).toEqual([
      403,
      'Write permission required',
      undefined,
    ]);
    expect(await refusal('DELETE', at(id), { as: bob.sessionKey })).toEqual([
      403,
      'Admin permission required',
      undefined,
    ]);
    expect(await refusal('PUT', at(id, 'k'), { as, body: {} })).toEqual([400, expect.any(String), undefined]);
    expect(await refusal('PUT', at(id, 'k'), { as, body: 'no json' })).toEqual([400, 'Invalid JSON body', undefined]);
    expect(await refusal('PUT', at(id, '$time'), { as, body: { value: 1 } })).toEqual([
      400,
      expect.any(String),
      'INVALID_KEY',
    ]);
    const many = { value: 1, attributes: { tags: Array.from({ length: 51 }, String) } };
    expect(await refusal('PUT', at(id, 'k'), { as, body: many })).toEqual([409, expect.any(String), 'LIMIT_EXCEEDED']);
    const locked = await world.instanceOf(alice, { isReadOnly: true });
    expect(await refusal('PUT', at(locked, 'k'), { as, body: { value: 1 } })).toEqual([
      403,
      expect.any(String),
      'INSTANCE_READONLY',
    ]);
    expect(await world.read(id, alice)).toEqual({});
  });

  it('reach everybody even where the request dies between writing and telling', async () => {
    for (let ios = 0; ios < 14; ios++) {
      const id = await world.instanceOf(alice);
      const client = await world.connect(id, alice);
      await world.dying(ios, (dying) => dying('PUT', at(id, 'k'), { as, body: { value: ios } }));
      for (const ms of [5_001, 35_001]) {
        world.advance(ms);
        await world.remind();
      }
      expect(client.view()).toEqual(await world.read(id, alice));
    }
  });
});

describe('a clear over HTTP that dies', () => {
  it('is told of if it was done, and only then', async () => {
    const before = { untold: 0, told: 0 };
    for (let ios = 0; ios < 14; ios++) {
      const id = await world.instanceOf(alice);
      const client = await world.connect(id, alice);
      await put(id, 'k', { value: ios });
      client.news();
      await world.dying(ios, (dying) => dying('DELETE', at(id), { as }));
      for (const ms of [5_001, 35_001]) {
        world.advance(ms);
        await world.remind();
      }
      const stored = await world.read(id, alice);
      expect(client.view()).toEqual(stored);
      const wasCleared = Object.keys(stored).length === 0;
      expect(client.news().some(({ type }) => type === 'cleared')).toBe(wasCleared);
      before[wasCleared ? 'told' : 'untold'] += 1;
    }
    expect(before.told).toBeGreaterThan(0);
    expect(before.untold).toBeGreaterThan(0);
  });
});

describe('values that are too large for a frame', () => {
  const large = 'x'.repeat(200_000);

  it('travel as a reference, and come back as what they are', async () => {
    const id = await world.instanceOf(alice);
    const client = await world.connect(id, alice);
    client.news();
    await put(id, 'k', { value: large, attributes: { type: 'text' } });
    const [heard] = client.news();
    const json = JSON.stringify(large);
    expect(heard?.valueRef).toEqual({
      url: heard?.value,
      size: json.length,
      sha256: createHash('sha256').update(json).digest('hex'),
      expiresAt: expect.any(Number),
    });
    expect(blobs.texts.get(blobs.nameIn(heard?.value, 'values/') ?? '')).toBe(json);
    const [, sync] = (await world.connect(id, alice)).frames();
    expect(sync?.data.k.valueRef).toMatchObject({ size: json.length });
    const { body } = await http('GET', at(id, 'k'), { as });
    expect([body.value, body.valueRef]).toEqual([large, undefined]);
    client.send('set', { key: 'k', value: heard?.value, attributes: { zIndex: 3 } });
    await settled();
    const after = (await http('GET', at(id, 'k'), { as })).body;
    expect([after.value, after.attributes.zIndex, after.version]).toEqual([large, 3, 2]);
    client.send('set', { key: 'k', value: 'small' });
    await settled();
    client.send('set', { key: 'k', value: heard?.value });
    await settled();
    expect((await http('GET', at(id, 'k'), { as })).body).toMatchObject({ value: 'small', version: 3 });
  });

  it('are put into the object store by clients themselves, up to 25 MiB', async () => {
    const id = await world.instanceOf(alice);
    const value = { text: 'y'.repeat(5_000_000) };
    const json = JSON.stringify(value);
    const sha256 = createHash('sha256').update(json).digest('hex');
    const asked = await http('POST', `${at(id, 'k')}/upload`, { as, body: { size: json.length, sha256 } });
    expect(asked.body).toEqual({
      uploadId: expect.any(String),
      url: expect.any(String),
      method: 'PUT',
      headers: expect.any(Object),
      expiresAt: expect.any(Number),
    });
    const { uploadId } = asked.body;
    expect((await put(id, 'k', { uploadId })).status).toBe(404);
    await blobs.put(blobs.nameIn(asked.body.url) ?? '', json);
    expect((await put(id, 'other', { uploadId })).status).toBe(404);
    expect((await put(id, 'k', { uploadId, attributes: { type: 'json' } })).body).toMatchObject({ version: 1 });
    expect((await put(id, 'k', { uploadId })).body).toMatchObject({ version: 1 });
    const { body } = await http('GET', at(id, 'k'), { as });
    expect(body).toMatchObject({ valueRef: { size: json.length, sha256 }, attributes: { type: 'json' } });
    const tooLarge = await http('POST', `${at(id, 'k')}/upload`, { as, body: { size: 26 * 1024 * 1024 + 1 } });
    expect([tooLarge.status, tooLarge.body.code]).toEqual([413, 'VALUE_TOO_LARGE']);
    const wrong = await http('POST', `${at(id, 'k')}/upload`, { as, body: { size: 3 } });
    await blobs.put(blobs.nameIn(wrong.body.url) ?? '', '{]}');
    expect((await put(id, 'k', { uploadId: wrong.body.uploadId })).status).toBe(400);
  });

  it('leave nothing in the object store when they have been replaced, deleted or cleared', async () => {
    const id = await world.instanceOf(alice);
    for (const key of ['a', 'b', 'c']) await put(id, key, { value: `${key}${large}` });
    const [a, b, c] = await Promise.all(
      ['a', 'b', 'c'].map(async (key) => (await world.ports.table.get(keys.memoryKey(id, key)))?.blob),
    );
    await put(id, 'a', { value: 1 });
    await http('DELETE', at(id, 'b'), { as });
    await http('DELETE', at(id), { as });
    await settled();
    for (const blob of [a, b, c]) {
      expect(await world.ports.table.get(keys.looseBlob(String(blob)))).toMatchObject({ derives: 'cleaning' });
    }
    expect(await world.ports.table.query({ pk: `MEMORY#${id}` })).toEqual([]);
    expect(await world.ports.table.get(keys.head(channelOf(id)))).toMatchObject({ memoryKeys: 0, memoryBytes: 0 });
  });

  it('split a snapshot into frames that each fit, every key in one', async () => {
    const id = await world.instanceOf(alice);
    for (let n = 0; n < 30; n++) await put(id, `key ${n}`, { value: `${n}`.padEnd(20_000, 'é') });
    await put(id, 'large', { value: large });
    const client = await world.connect(id, alice);
    const parts = client.frames().filter(({ type }) => type === 'sync');
    expect(parts.length).toBeGreaterThan(5);
    for (const text of client.socket.texts) expect(Buffer.byteLength(text)).toBeLessThanOrEqual(120 * 1024);
    expect(parts.map(({ part, parts: of, version }) => [part, of, version])).toEqual(
      parts.map((_, index) => [index + 1, parts.length, 31]),
    );
    const named = parts.flatMap(({ data }) => Object.keys(data));
    expect([named.length, new Set(named).size]).toEqual([31, 31]);
  });

  it('come later where there are very many, and miss nothing that is written meanwhile', async () => {
    const id = await world.instanceOf(alice);
    const names = Array.from({ length: 85 }, (_, n) => `key ${n}`);
    await Promise.all(names.map((key) => put(id, key, { value: key.padEnd(110_000, 'x') })));
    const writer = await world.connect(id, alice);
    const opening = world.connect(id, alice);
    for (let n = 0; n < 20; n++) writer.send('set', { key: `key ${n * 4}`, value: n });
    writer.send('delete', { key: 'key 1' });
    const client = await opening;
    await settled();
    expect(client.frames().filter(({ type }) => type === 'sync').length).toBeGreaterThan(70);
    expect(Object.keys(client.view())).toHaveLength(84);
    expect(client.view()).toEqual(writer.view());
    expect(client.view()['key 4']).toBe(1);
  });

  it('are refused over a request above 4 MiB, and fit in it up to there', async () => {
    const id = await world.instanceOf(alice);
    const most = 'z'.repeat(4 * 1024 * 1024 - 2);
    expect((await put(id, 'k', { value: most })).status).toBe(200);
    expect((await http('GET', at(id, 'k'), { as })).body.value).toHaveLength(most.length);
    const { status, body } = await put(id, 'k', { value: `${most}z` });
    expect([status, body.code]).toEqual([413, 'VALUE_TOO_LARGE']);
    const larger = await put(id, 'k', { value: most + most.slice(0, 1024 * 1024) });
    expect([larger.status, larger.body.code]).toEqual([413, 'VALUE_TOO_LARGE']);
  });
});

describe('the bounds of an instance', () => {
  it('are 32 KiB of attributes to a key, however they came together, so that every frame fits', async () => {
    const id = await world.instanceOf(alice);
    const member = (name: string) => ({ value: 1, attributes: { [name]: 'x'.repeat(31_000) } });
    // It has seen that there is no such key, and finds one that somebody else has made meanwhile.
    const slow = held(world.ports, { call: 'update', on: 'memoryKeys' });
    const late = httpOver(slow.ports)('PUT', at(id, 'k'), { as, body: member('a') });
    await slow.rests;
    expect((await put(id, 'k', member('b'))).status).toBe(200);
    slow.goOn();
    for (const { status, body } of [await late, await put(id, 'k', member('c'))])
      expect([status, body.code]).toEqual([413, 'VALUE_TOO_LARGE']);
    expect(await world.ports.table.get(keys.head(channelOf(id)))).toMatchObject({ memoryKeys: 1, memoryBytes: 1 });
    const client = await world.connect(id, alice);
    await settled();
    const sizes = client.frames().map((frame) => Buffer.byteLength(JSON.stringify(frame)));
    expect(Math.max(...sizes)).toBeLessThan(120 * 1024);
  });

  it('never keep a value from being set where nothing is said of attributes', async () => {
    const id = await world.instanceOf(alice);
    await put(id, 'k', { value: 1, attributes: { more: 'x'.repeat(32_000) } });
    const row = keys.memoryKey(id, 'k');
    const stored = await world.ports.table.get(row);
    const attributes = JSON.stringify({ more: 'x'.repeat(40_000) });
    await world.ports.table.put({ ...stored, ...row, attributes });
    expect((await put(id, 'k', { value: 2 })).status).toBe(200);
    expect((await put(id, 'k', { value: 3, attributes: { zIndex: 1 } })).status).toBe(413);
    expect((await put(id, 'k', { value: 3, attributes: { more: null } })).status).toBe(200);
  });

  it('count what is there, and count anew before anybody is refused', async () => {
    const id = await world.instanceOf(alice);
    await put(id, 'k', { value: 1 });
    const head = keys.head(channelOf(id));
    const drifted = { ...(await world.ports.table.get(head)), ...head, memoryKeys: 10_000 };
    await world.ports.table.put(drifted);
    expect((await put(id, 'l', { value: 1 })).status).toBe(200);
    expect(await world.ports.table.get(head)).toMatchObject({ memoryKeys: 2 });
    await world.ports.table.put({ ...(await world.ports.table.get(head)), ...head, memoryKeys: 10_000 });
    const { status, body } = await put(id, 'm', { value: 1 });
    expect([status, body.code]).toEqual([409, 'LIMIT_EXCEEDED']);
    expect((await put(id, 'k', { value: 2 })).status).toBe(200);
    // What takes no room is never refused for it, whatever has been counted.
    await world.ports.table.put({ ...(await world.ports.table.get(head)), ...head, memoryKeys: 10_003 });
    expect((await put(id, 'k', { value: 3 })).status).toBe(200);
    expect((await http('DELETE', at(id, 'k'), { as })).status).toBe(200);
  });

  it('are what the deployment says', async () => {
    const small = await memoryWorld({ instanceMaxKeys: 2, instanceMaxBytes: 1_000 });
    const ann = await small.person();
    const id = await small.instanceOf(ann);
    const status = async (key: string, value: unknown) =>
      (await small.http('PUT', at(id, key), { as: ann.sessionKey, body: { value } })).status;
    expect(await status('k', 'x'.repeat(1_000))).toBe(409);
    expect([await status('k', 1), await status('l', 1), await status('m', 1)]).toEqual([200, 200, 409]);
    expect(await status('k', 'x'.repeat(1_000))).toBe(409);
  });

  it('are 100 levels for a value, wherever it comes from', async () => {
    const id = await world.instanceOf(alice);
    const nested = (depth: number) => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`);
    expect((await put(id, 'k', { value: nested(100), attributes: { more: nested(100) } })).status).toBe(200);
    expect((await put(id, 'k', { value: nested(101) })).status).toBe(400);
    const client = await world.connect(id, alice);
    client.send('set', { key: 'l', value: nested(100) });
    client.send('set', { key: 'm', value: nested(101) });
    await world.settled();
    expect(client.frames().at(-1)).toMatchObject({ type: 'error', key: 'm' });
    expect(Object.keys(client.view())).toEqual(['k', 'l']);
  });

  it('are counted in characters for tags', async () => {
    const id = await world.instanceOf(alice);
    const tag = (length: number) => ({ value: 1, attributes: { contentTags: ['😀'.repeat(length)] } });
    expect((await put(id, 'k', tag(100))).status).toBe(200);
    expect((await put(id, 'k', tag(101))).status).toBe(409);
  });
});

describe('a list', () => {
  it('is in the order of zIndex and name, also where names look like numbers', async () => {
    const id = await world.instanceOf(alice);
    for (const [key, zIndex] of [
      ['10', 9],
      ['b', 0],
      ['2', 10],
      ['a', 9],
    ] as const)
      await put(id, key, { value: key, attributes: { zIndex } });
    const { text, headers } = await http('GET', at(id), { as });
    expect([...text.matchAll(/"([^"]+)":\{"value"/g)].map(([, key]) => key)).toEqual(['b', '10', 'a', '2']);
    expect(headers['content-type']).toBe('application/json; charset=utf-8');
  });
});

describe('an id that is longer than any', () => {
  it('is of nothing that there is', async () => {
    const id = 'x'.repeat(300);
    expect((await http('GET', at(id), { as })).status).toBe(404);
    expect((await http('GET', `/api/instances/${id}`, { as })).status).toBe(404);
    expect((await http('GET', `/api/projects/${id}`, { as })).status).toBe(404);
    expect((await http('POST', '/api/ws-token', { as, body: { instanceId: id } })).status).toBe(403);
  });
});
