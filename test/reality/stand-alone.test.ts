import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from '@jest/globals';
import { memoryNodeStorage } from '../../functions/adapters/node-storage-memory.ts';
import { sqlNodeStorage } from '../../functions/adapters/node-storage-sql.ts';
import { createExpressAdapter } from '../../functions/reality/express.ts';
import { createFetchHandler } from '../../functions/reality/fetch-handler.ts';
import { createReality, type RealityOptions } from '../../functions/reality/stand-alone.ts';

/** A program of somebody's own, and what asks it. */
function program(options: Partial<RealityOptions> = {}) {
  const errors: unknown[] = [];
  const reality = createReality({
    storage: memoryNodeStorage(),
    serverId: 'server-1',
    identify: (credential) => (credential === 'secret' ? 'ada' : undefined),
    onError: (cause) => errors.push(cause),
    ...options,
  });
  const handler = createFetchHandler(reality.operations);
  const post = (path: string, body: unknown, as?: string) =>
    handler(
      new Request(`https://example.com/reality/${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(as === undefined ? {} : { authorization: `Bearer ${as}` }) },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    );
  const get = (path: string, headers: Record<string, string> = {}) =>
    handler(new Request(`https://example.com/reality/${path}`, { headers }));
  return { reality, post, get, handler, errors };
}

describe('nodes in a program of their own', () => {
  it('answer requests as the deployment does', async () => {
    const { reality, post } = program();
    const node = await reality.updateNode('chat:room:general', 'abc');
    const answer = await post('sync', { known: { 'chat:room:general': 0 } });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-reality-server')).toBe('server-1');
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect(await answer.json()).toMatchObject({
      changed: { 'chat:room:general': { ...node, source: 'server-1' } },
      mesh: { peers: [], serverVersion: 1 },
    });
  });

  it('refuse as it does', async () => {
    const { post, get, handler } = program();
    expect((await post('sync', '{')).status).toBe(400);
    expect((await post('update', { key: 'k', hash: 'h' })).status).toBe(401);
    expect((await post('update', { key: 'k', hash: 'h' }, 'wrong')).status).toBe(401);
    expect((await post('update', { key: 'k', hash: 'h' }, 'secret')).status).toBe(200);
    expect((await get('sync')).status).toBe(405);
    expect((await get('nowhere')).status).toBe(404);
    expect((await handler(new Request('https://example.com/elsewhere'))).status).toBe(404);
    const preflight = await handler(new Request('https://example.com/reality/sync', { method: 'OPTIONS' }));
    expect([preflight.status, await preflight.text()]).toEqual([204, '']);
    expect((await program({ anonymous: false }).post('sync', { known: {} })).status).toBe(401);
    expect((await program({ identify: () => undefined }).post('update', { key: 'k', hash: 'h' }, 'x')).status).toBe(
      401,
    );
  });

  it('have events and 304s', async () => {
    const { reality, get } = program();
    const { version } = await reality.updateNode('a,b', 'abc');
    const events = await get('events?key=a%2Cb&key=c');
    expect(events.headers.get('content-type')).toBe('text/event-stream');
    expect(await events.text()).toContain(`id: ${version}:abc\nevent: update\n`);
    const same = await get('poll?key=a%2Cb', { 'x-reality-version': String(version) });
    expect([same.status, await same.text()]).toEqual([304, '']);
  });

  it('keep waiting requests until something changes', async () => {
    const { reality, post } = program();
    const asked = post('sync', { known: { k: 0 }, wait: 5_000 });
    await reality.updateNode('k', 'h');
    expect(await (await asked).json()).toMatchObject({ changed: { k: { hash: 'h' } } });
  });

  it('tell the program what went wrong, and callers nothing of it', async () => {
    const storage = { ...memoryNodeStorage(), look: () => Promise.reject(new Error('the password is hush')) };
    const { post, errors } = program({ storage });
    const answer = await post('sync', { known: {} });
    expect([answer.status, await answer.text()]).toEqual([500, expect.not.stringContaining('hush')]);
    expect(errors.map(String)).toEqual(['Error: the password is hush']);
  });

  it('may be kept in any SQL database', async () => {
    const database = new DatabaseSync(':memory:');
    const query = async (sql: string, params: readonly unknown[]) =>
      database.prepare(sql).all(...(params as (string | number | null)[])); // what the storage hands over
    const { reality } = program({ storage: sqlNodeStorage({ query, dialect: 'sqlite' }) });
    await reality.updateNode('k', 'h');
    expect(await reality.getNode('k')).toMatchObject({ version: 1, hash: 'h' });
  });

  it('can be mounted in Express', async () => {
    const { reality } = program();
    await reality.updateNode('k', 'h');
    const adapter = createExpressAdapter(reality.operations);
    const said: Record<string, unknown> = {};
    await adapter(
      {
        method: 'POST',
        originalUrl: '/reality/sync',
        headers: { host: 'example.com', 'content-type': 'application/json', 'content-length': '3', accept: ['a', 'b'] },
        body: { known: { k: 0 } },
      },
      {
        status: (code) => Object.assign(said, { code }),
        set: (headers) => Object.assign(said, { headers }),
        send: (body) => Object.assign(said, { body }),
      },
    );
    expect(said.code).toBe(200);
    expect(JSON.parse(String(said.body)).changed.k.hash).toBe('h');
    expect(said.headers).toMatchObject({ 'x-reality-server': 'server-1' });
  });
});

describe('the module', () => {
  it('raises, reads, deletes and syncs', async () => {
    const { reality } = program({
      guarded: ['user:<userId>:'],
      peers: [{ serverId: 'server-2', url: 'https://2.example' }],
    });
    await reality.updateNode('user:ada:inbox', 'h', { unread: 1 });
    const [raised] = await reality.invalidate(['k', 'k']);
    expect(await reality.getNode('k')).toEqual(raised);
    expect(await reality.getNode('nowhere')).toBeNull();
    const known = { 'user:ada:inbox': 0, k: 0 };
    expect(Object.keys((await reality.handleSync({ known })).changed)).toEqual(['k']);
    expect(Object.keys((await reality.handleSync({ known }, 'ada')).changed)).toEqual(['user:ada:inbox', 'k']);
    expect(await reality.deleteNode('k')).toBe(true);
    expect((await reality.handleSync({ known: { k: 7 } })).changed.k).toMatchObject({ version: 0 });
    expect(await reality.getMeshPeers()).toEqual(['server-2']);
    expect(await reality.getStats()).toMatchObject({
      serverId: 'server-1',
      mesh: { peerCount: 1, healthyPeerCount: 0 },
    });
  });

  it('answers an EventSource, after waiting for an event if it may', async () => {
    const { reality } = program();
    const request = new Request('https://example.com/events', { headers: { 'last-event-id': '0' } });
    const quiet = await reality.handleSSECompat(request, { keys: ['notifications:all'] });
    expect(await quiet.text()).toMatch(/^retry: 3000\nevent: heartbeat\n/);
    const asked = reality.handleSSECompat(request, { keys: ['notifications:all'], heartbeatInterval: 5_000 });
    await reality.updateNode('notifications:all', 'h');
    const answer = await asked;
    expect(await answer.text()).toContain('event: update');
    expect(answer.headers.get('x-reality-version')).toBe('1');
  });
});
