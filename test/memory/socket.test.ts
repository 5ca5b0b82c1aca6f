import { describe, expect, it } from '@jest/globals';
import { unsaidAttributes as defaults, memoryWorld } from '../support/memory.ts';

const world = await memoryWorld();
const { settled } = world;
const alice = await world.person();
const bob = await world.person();

describe('opening a socket of an instance', () => {
  it('says who one is and what there is, in the order of zIndex and name', async () => {
    const id = await world.instanceOf(alice);
    const first = await world.connect(id, alice);
    expect(first.frames()).toEqual([
      { type: 'auth_success', instanceId: id, userId: alice.userId, permission: 'admin' },
      { type: 'sync', data: {}, instanceId: id, version: 0 },
    ]);
    first.send('set', { key: 'b', value: 1, timestamp: 5 });
    first.send('set', { key: 'a', value: { x: [null] }, attributes: { zIndex: 1, custom: { deep: 1 } } });
    await settled();
    const [, sync] = (await world.connect(id, alice)).frames();
    expect(Object.keys(sync?.data)).toEqual(['b', 'a']);
    expect(sync).toMatchObject({
      version: 2,
      data: {
        b: { value: 1, attributes: defaults, version: 1 },
        a: { value: { x: [null] }, attributes: { ...defaults, zIndex: 1, custom: { deep: 1 } }, version: 2 },
      },
    });
  });

  it('without a credential lets only auth and ping through, and ends after ten seconds', async () => {
    const id = await world.instanceOf(alice);
    const stranger = await world.connect(id);
    const owner = await world.connect(id, alice);
    expect(stranger.frames()).toEqual([]);
    stranger.send('ping');
    stranger.send('set', { key: 'k', value: 1 });
    stranger.send('clear');
    await settled();
    expect(stranger.news()).toEqual([
      { type: 'pong' },
      { type: 'error', error: 'Write permission required', code: 'NO_PERMISSION', key: 'k' },
      { type: 'error', error: 'System permission required', code: 'NO_PERMISSION' },
    ]);
    owner.send('set', { key: 'k', value: 2 });
    await settled();
    expect(stranger.news()).toEqual([]);
    const late = await world.connect(id);
    late.send('auth', { apiKey: alice.sessionKey });
    await settled();
    expect(late.frames().map(({ type }) => type)).toEqual(['auth_success', 'sync']);
    world.advance(10_001);
    await world.remind();
    expect(world.isOpen(stranger.socket)).toBe(false);
    expect(world.isOpen(late.socket)).toBe(true);
  });

  it('refuses by message who has no credential that holds, no access, or no such instance, and ends the socket', async () => {
    const id = await world.instanceOf(alice);
    const asked = async (instance: string, apiKey: unknown) => {
      const client = await world.connect(instance);
      client.send('auth', { apiKey });
      await settled();
      expect(world.isOpen(client.socket)).toBe(false);
      return client.frames();
    };
    const refusal = (code: string) => [{ type: 'auth_error', error: expect.any(String), code }];
    expect(await asked(id, 'mc_live_00000000000000000000000000000000')).toEqual(refusal('INVALID_KEY'));
    expect(await asked(id, 'anything')).toEqual(refusal('INVALID_KEY'));
    for (const none of [undefined, null, 5, {}]) expect(await asked(id, none)).toEqual(refusal('INVALID_KEY'));
    expect(await asked(id, bob.sessionKey)).toEqual(refusal('NO_ACCESS'));
    expect(await asked('nowhere', bob.sessionKey)).toEqual(refusal('INSTANCE_NOT_FOUND'));
  });
});

describe('changing keys over a socket', () => {
  it('reaches everybody, the sender included, with what is stored, and nobody else', async () => {
    const [id, other] = [await world.instanceOf(alice), await world.instanceOf(alice)];
    await world.share(id, bob, 'write');
    const [a, b, elsewhere] = [
      await world.connect(id, alice),
      await world.connect(id, bob),
      await world.connect(other, alice),
    ];
    for (const client of [a, b, elsewhere]) client.news();
    b.send('set', { key: 'k', value: 'v', attributes: { tags: ['t'] }, timestamp: 1 });
    await settled();
    const updated = {
      type: 'key_updated',
      key: 'k',
      value: 'v',
      attributes: { ...defaults, tags: ['t'] },
      updatedBy: bob.userId,
      timestamp: expect.any(Number),
      version: 1,
    };
    expect(a.news()).toEqual([updated]);
    expect(b.news()).toEqual([updated]);
    a.send('set', { key: 'k', value: 'w' });
    a.send('delete', { key: 'k' });
    a.send('set', { key: 'x', value: null });
    a.send('clear');
    await settled();
    const heard = [
      { ...updated, value: 'w', updatedBy: alice.userId, version: 2 },
      { type: 'key_deleted', key: 'k', deletedBy: alice.userId, timestamp: expect.any(Number), version: 3 },
      { type: 'key_updated', key: 'x', value: null, version: 4 },
      { type: 'cleared', clearedBy: alice.userId, timestamp: expect.any(Number), version: 5 },
    ];
    expect(a.news()).toMatchObject(heard);
    expect(b.news()).toMatchObject(heard);
    expect(elsewhere.news()).toEqual([]);
    expect(await world.read(id, alice)).toEqual({});
  });

  it('answers what changes nothing to its sender only, with what is stored', async () => {
    const id = await world.instanceOf(alice);
    const [a, b] = [await world.connect(id, alice), await world.connect(id, alice)];
    a.send('set', { key: 'k', value: { a: 1, b: 2 }, attributes: { type: 'json' } });
    await settled();
    const [, , stored] = b.frames();
    b.news();
    a.news();
    b.send('set', { key: 'k', value: { b: 2, a: 1 } });
    b.send('set', { key: 'k', value: { b: 2, a: 1 }, attributes: { ...stored?.attributes } });
    b.send('delete', { key: 'was never there' });
    await settled();
    expect(b.news()).toMatchObject([stored, stored, { type: 'key_deleted', key: 'was never there' }]);
    expect(a.news()).toEqual([]);
  });

  it('tells who deletes a key that is not there that they have done so, and nobody else anything', async () => {
    const id = await world.instanceOf(alice);
    await world.share(id, bob, 'write');
    const [a, b] = [await world.connect(id, alice), await world.connect(id, bob)];
    a.send('set', { key: 'gone', value: 1 });
    a.send('delete', { key: 'gone' });
    await settled();
    for (const client of [a, b]) client.news();
    for (const key of ['never', 'gone']) b.send('delete', { key });
    await settled();
    const heard = b.news();
    const deleted = { type: 'key_deleted', deletedBy: bob.userId, timestamp: expect.any(Number) };
    expect(heard).toEqual([
      { ...deleted, key: 'never', version: 0 },
      { ...deleted, key: 'gone', version: 2 },
    ]);
    expect(heard.every(({ timestamp }) => timestamp > 0)).toBe(true);
    expect(a.news()).toEqual([]);
  });

  it('refuses what is no message, a bad name, an unknown type, and writers who may only read; nothing changes', async () => {
    const id = await world.instanceOf(alice);
    await world.share(id, bob, 'read');
    const [a, b] = [await world.connect(id, alice), await world.connect(id, bob)];
    a.send('set', { key: 'k', value: 1 });
    await settled();
    a.news();
    b.news();
    const parse = { type: 'error', error: 'Invalid message format', code: 'PARSE_ERROR' };
    for (const text of ['no json', '[]', '{}', '{"type":5}', '{"type":"set","key":"k"}', '{"type":"set","value":1}'])
      a.socket.sendText(text);
    a.send('set', { key: 'k', value: 1, attributes: 'none' });
    a.send('set', { key: 'k', value: 1, attributes: { type: 'sausage' } });
    a.send('delete', {});
    a.send('hello');
    await settled();
    expect(a.news().map(({ error, code }) => [error, code])).toEqual([
      ...Array.from({ length: 9 }, () => [parse.error, parse.code]),
      [expect.any(String), 'UNKNOWN_TYPE'],
    ]);
    a.send('set', { key: '', value: 1 });
    a.send('set', { key: 'ö'.repeat(257), value: 1 });
    a.send('set', { key: 'x'.repeat(513), value: 1 });
    a.send('set', { key: '$date', value: 1 });
    // The table keeps UTF-8, which has no halves of characters: two of them would be one key.
    a.send('set', { key: 'k\ud800', value: 1 });
    a.send('delete', { key: 'k\ud801' });
    b.send('set', { key: 'k', value: 2 });
    b.send('delete', { key: 'k' });
    b.send('clear');
    await settled();
    expect(a.news().map(({ code, key }) => [code, key])).toEqual([
      ['INVALID_KEY', ''],
      ['INVALID_KEY', 'ö'.repeat(257)],
      ['INVALID_KEY', 'x'.repeat(513)],
      ['INVALID_KEY', '$date'],
      ['INVALID_KEY', 'k\ud800'],
      ['INVALID_KEY', 'k\ud801'],
    ]);
    expect(b.news()).toEqual([
      { type: 'error', error: 'Write permission required', code: 'NO_PERMISSION', key: 'k' },
      { type: 'error', error: 'Write permission required', code: 'NO_PERMISSION', key: 'k' },
      { type: 'error', error: 'System permission required', code: 'NO_PERMISSION' },
    ]);
    expect(await world.read(id, alice)).toEqual({ k: 1 });
  });

  it('ignores a reader’s echo, and passes over what it has refused in the last minute', async () => {
    const id = await world.instanceOf(alice);
    await world.share(id, bob, 'read');
    const [a, b] = [await world.connect(id, alice), await world.connect(id, bob)];
    a.send('set', { key: 'k', value: { x: 1 } });
    await settled();
    b.news();
    b.send('set', { key: 'k', value: { x: 1 }, timestamp: 1 });
    await settled();
    expect(b.news()).toEqual([]);
    for (let at = 0; at < 5; at++) b.send('set', { key: 'k', value: 2, timestamp: at });
    b.send('set', { key: 'k', value: 3 });
    await settled();
    expect(b.news().map(({ code }) => code)).toEqual(['NO_PERMISSION', 'NO_PERMISSION']);
    world.advance(61_000);
    b.send('set', { key: 'k', value: 2 });
    await settled();
    expect(b.news()).toHaveLength(1);
  });

  it('tells one client of twenty refusals a second at most', async () => {
    const id = await world.instanceOf(alice);
    const a = await world.connect(id, alice);
    a.news();
    const frames = Array.from({ length: 100 }, (_, at) => JSON.stringify({ type: 'set', key: '$date', value: at }));
    const began = Date.now();
    await Promise.all(frames.map((text) => world.direct(a.socket, text)));
    const windows = Math.floor((Date.now() - began) / 1_000) + 2;
    expect(a.news().length).toBeLessThanOrEqual(20 * windows);
  });

  it('is refused in an instance that is read-only', async () => {
    const id = await world.instanceOf(alice, { isReadOnly: true });
    const a = await world.connect(id, alice);
    a.news();
    a.send('set', { key: 'k', value: 1 });
    a.send('delete', { key: 'k' });
    a.send('clear');
    await settled();
    expect(a.news().map(({ code }) => code)).toEqual(Array.from({ length: 3 }, () => 'INSTANCE_READONLY'));
  });

  it('is a change that changes nothing there, too: clients send again all they have', async () => {
    const id = await world.instanceOf(alice);
    const at = `/api/instances/${id}/keys`;
    await world.http('PUT', `${at}/k`, { body: { value: { a: [1] } }, as: alice.sessionKey });
    await world.http('PATCH', `/api/instances/${id}`, { body: { is_readonly: 1 }, as: alice.sessionKey });
    const [a, b] = [await world.connect(id, alice), await world.connect(id, alice)];
    for (const client of [a, b]) client.news();
    a.send('set', { key: 'k', value: { a: [1] }, attributes: { tags: [] } });
    a.send('set', { key: 'k', value: { a: [2] } });
    await settled();
    expect(a.news()).toEqual([
      expect.objectContaining({ type: 'key_updated', key: 'k', value: { a: [1] }, version: 1 }),
      expect.objectContaining({ type: 'error', code: 'INSTANCE_READONLY', key: 'k' }),
    ]);
    expect(b.news()).toEqual([]);
    const { status } = await world.http('PUT', `${at}/k`, { body: { value: { a: [1] } }, as: alice.sessionKey });
    expect(status).toBe(403);
  });

  it('passes over the address of a value that a reader sends back as one', async () => {
    const id = await world.instanceOf(alice);
    await world.share(id, bob, 'read');
    const body = { value: 'z'.repeat(200_000) };
    await world.http('PUT', `/api/instances/${id}/keys/big`, { body, as: alice.sessionKey });
    const b = await world.connect(id, bob);
    const [, sync] = b.frames();
    const { value, attributes } = sync?.data.big ?? {};
    expect(value).toMatch(/^https?:/);
    b.news();
    b.send('set', { key: 'big', value, attributes });
    b.send('set', { key: 'big', value, attributes: { zIndex: 7 } });
    await settled();
    expect(b.news().map(({ type, code }) => [type, code])).toEqual([['error', 'NO_PERMISSION']]);
  });

  it('is done for who has gone before they were greeted, and does not wait for each frame anew', async () => {
    const waits: number[] = [];
    const own = await memoryWorld(
      {},
      {
        async wait(ms) {
          waits.push(ms);
          own.advance(ms);
        },
      },
    );
    const carol = await own.person();
    const id = await own.instanceOf(carol);
    const socket = await own.openSocket(`/sync/${id}`, { access_token: carol.sessionKey });
    for (const n of Array.from({ length: 20 }).keys()) {
      socket.sendText(JSON.stringify({ type: 'set', key: `k${n}`, value: n }));
    }
    socket.close();
    await own.settled();
    expect(Object.keys(await own.read(id, carol))).toHaveLength(20);
    expect(own.dead).toEqual([]);
    const waitedMs = waits.reduce((sum, ms) => sum + ms, 0);
    // As long as a greeting may take, and not as often as there are frames.
    expect(waitedMs).toBeLessThan(10_000);
  });

  it('is done once, however often its frame is delivered, and takes back nothing that came after', async () => {
    const id = await world.instanceOf(alice);
    const [a, b] = [await world.connect(id, alice), await world.connect(id, alice)];
    world.deliverTimes(2);
    a.send('set', { key: 'k', value: 1 });
    a.send('delete', { key: 'gone' });
    b.send('set', { key: 'other', value: 1 });
    a.send('clear');
    await settled();
    a.send('set', { key: 'k', value: 2 });
    await settled();
    world.deliverTimes(1);
    const versions = b.frames().map(({ version }) => version ?? 0);
    expect(Math.max(...versions)).toBeLessThanOrEqual(4);
    expect(a.view()).toEqual({ k: 2 });
    expect(b.view()).toEqual({ k: 2 });
  });
});
