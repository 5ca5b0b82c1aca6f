import { once } from 'node:events';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mindCacheSocket } from '../../client/mindcache-socket.ts';
import { type RunningChorus, startChorus } from '../../local/chorus.ts';
import { type DocumentClient, documentClient } from '../support/document-client.ts';
import { eventually } from '../support/eventually.ts';
import { openWire } from '../support/wire.ts';

/** Clients of both lines at a running Chorus: one edits a document through the shim, one knows keys. */
let running: RunningChorus;
let sessionKey: string;
const Socket = mindCacheSocket();
const open: WebSocket[] = [];
beforeAll(async () => {
  running = await startChorus({ port: 0, quiet: true, fresh: true });
  const address = 'owner@example.com';
  const { userId, requestId } = await ask('POST', '/api/v2/login', { address, addressType: 'email' });
  const outbox = await fetch(`${running.url}/local/outbox?address=${address}`);
  const [{ code }] = (await outbox.json()) as [{ code: string }]; // the outbox's documented answer
  ({ sessionKey } = await ask('POST', '/api/v2/completeLogin', { userId, requestId, code }));
});
afterAll(async () => {
  for (const socket of open) socket.close();
  await running?.stop();
});

async function ask(method: string, path: string, body?: object) {
  const headers = sessionKey === undefined ? {} : { authorization: `Bearer ${sessionKey}` };
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  const answer = await fetch(running.url + path, { method, headers, ...sent });
  return JSON.parse(await answer.text());
}

async function newInstance(): Promise<string> {
  return (await ask('POST', '/api/projects', { name: 'Trip' })).defaultInstanceId;
}

async function urlOf(instanceId: string, permission = 'write'): Promise<string> {
  const { token } = await ask('POST', '/api/ws-token', { instanceId, permission });
  return `${running.url.replace('http', 'ws')}/sync/${instanceId}?token=${token}`;
}

async function edits(instanceId: string, permission?: string): Promise<DocumentClient> {
  const client = documentClient(Socket, await urlOf(instanceId, permission));
  open.push(client.socket);
  await eventually(() => client.isSynced, Boolean);
  return client;
}

/** Knows keys, and applies what it hears as it comes. */
async function listens(instanceId: string) {
  const socket = new WebSocket(await urlOf(instanceId));
  open.push(socket);
  const keys: Record<string, unknown> = {};
  socket.onmessage = ({ data }) => {
    const { type, key, value, data: all = {} } = JSON.parse(String(data));
    for (const [name, entry] of Object.entries<{ value: unknown }>(all)) keys[name] = entry.value;
    if (type === 'key_updated') keys[key] = value;
    if (type === 'key_deleted') delete keys[key];
  };
  await once(socket, 'open');
  return { keys, send: (frame: object) => socket.send(JSON.stringify(frame)) };
}

const become = (read: () => unknown, wanted: unknown) => eventually(read, (found) => isDeepStrictEqual(found, wanted));

describe('a client that edits a document, through the shim', () => {
  it('and one that knows keys see what the other does', async () => {
    const id = await newInstance();
    const keys = await listens(id);
    keys.send({ type: 'set', key: 'before', value: 1, timestamp: 0 });
    await become(() => keys.keys, { before: 1 });
    const [ann, ben] = [await edits(id), await edits(id)];
    expect(ann.view()).toEqual({ before: 1 });
    ann.set('where', 'Lisbon');
    await Promise.all([ben.view, () => keys.keys].map((read) => become(read, { before: 1, where: 'Lisbon' })));
    keys.send({ type: 'set', key: 'when', value: { month: 'May' }, timestamp: 0 });
    keys.send({ type: 'delete', key: 'before', timestamp: 0 });
    const all = { where: 'Lisbon', when: { month: 'May' } };
    await Promise.all([ann.view, ben.view, () => keys.keys].map((read) => become(read, all)));
    const { keys: stored } = await ask('GET', `/api/instances/${id}/keys`);
    expect(Object.keys(stored).sort()).toEqual(['when', 'where']);
    // Nothing of what is said to others, and no answer to what it never asked for.
    expect(ann.said.map(({ type }) => type)).toEqual(['auth_success']);
  });

  it('brings what it did while it was away, and values that fit no frame', async () => {
    const id = await newInstance();
    const ann = await edits(id);
    const ben = documentClient(Socket, await urlOf(id));
    open.push(ben.socket);
    const large = Array.from({ length: 20_000 }, (_, index) => String(index)).join();
    ben.set('mine', 'offline');
    ben.set('large', large);
    await become(ann.view, { mine: 'offline', large });
    const carol = await edits(id);
    await become(carol.view, { mine: 'offline', large });
    const entry = await eventually(
      () => ask('GET', `/api/instances/${id}/keys/large`),
      ({ value }) => value !== undefined,
    );
    expect(entry.value).toBe(large);
  });

  it('that may only read hears, and its changes reach nobody', async () => {
    const id = await newInstance();
    const [ann, reader] = [await edits(id), await edits(id, 'read')];
    reader.set('mine', 1);
    ann.set('theirs', 2);
    await become(reader.view, { mine: 1, theirs: 2 });
    await become(ann.view, { theirs: 2 });
    expect(reader.said.map(({ type }) => type)).toEqual(['auth_success']);
  });

  it('loses nothing when the wire is cut, and its client comes again', async () => {
    const id = await newInstance();
    const ann = await edits(id);
    const wire = await openWire(running.url);
    const through = async () =>
      (await urlOf(id)).replace(running.url.replace('http', 'ws'), wire.url.replace('http', 'ws'));
    const ben = documentClient(Socket, await through());
    await eventually(() => ben.isSynced, Boolean);
    for (let count = 0; count < 20; count++) ben.set(`before ${count}`, count);
    wire.cut();
    await eventually(
      () => ben.socket.readyState,
      (state) => state === Socket.CLOSED,
    );
    ben.set('while away', 1);
    ann.set('theirs', 2);
    wire.mend();
    const again = documentClient(Socket, await through(), ben.doc);
    open.push(again.socket);
    await eventually(again.view, (view) => view.theirs === 2);
    await eventually(ann.view, (view) => isDeepStrictEqual(view, again.view()));
    expect(Object.keys(ann.view())).toHaveLength(22);
    await eventually(
      () => ask('GET', `/api/instances/${id}/keys`),
      ({ keys }) => Object.keys(keys).length === 22,
    );
    await wire.close();
  });

  it('leaves sockets of others as they are', async () => {
    const socket = new Socket(`${running.url.replace('http', 'ws')}/live`);
    open.push(socket);
    await once(socket, 'open');
    const answer = once(socket, 'message');
    socket.send(JSON.stringify({ type: 'join_room', payload: { roomId: 'lobby' } }));
    const [{ data }] = await answer;
    expect(JSON.parse(data).type).toBe('room_joined');
    expect(Socket.OPEN).toBe(1);
  });
});
