import { afterEach, describe, expect, it } from '@jest/globals';
import * as Y from 'yjs';
import { type RunningChorus, startChorus } from '../../local/chorus.ts';
import { eventually } from '../support/eventually.ts';
import { connect, type SocketClient } from './fixtures/socket-client.ts';

let running: RunningChorus;
afterEach(() => running.stop());

const branch = { recordName: null, inst: 'shared', branch: 'default' };

async function watching(url: string): Promise<SocketClient> {
  const client = await connect(`${url.replace('http', 'ws')}/websocket`);
  client.send(JSON.stringify([1, 1, { type: 'login', connectionId: 'one' }]));
  await messageOf(client, 'login_result');
  client.send(JSON.stringify([1, 2, { type: 'repo/watch_branch', ...branch }]));
  await messageOf(client, 'repo/watch_branch_result');
  return client;
}

/** The next event of a kind; what comes before it is not looked at. */
async function eventOf(client: SocketClient, kind: number): Promise<unknown[]> {
  for (;;) {
    const event: unknown[] = JSON.parse(await client.next());
    if (event[0] === kind) return event;
  }
}

async function messageOf(client: SocketClient, type: string): Promise<Record<string, unknown>> {
  for (;;) {
    const [, , message] = await eventOf(client, 1);
    // Messages are objects.
    const found = message as Record<string, unknown>;
    if (found.type === type) return found;
  }
}

describe('shared documents on this machine', () => {
  it('are compacted by a function that nobody waits for, looked into by another, and brought back', async () => {
    running = await startChorus({ port: 0, quiet: true, fresh: true });
    const { url } = running;
    // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects
    const ask = async (path: string, init: RequestInit = {}): Promise<any> => (await fetch(url + path, init)).json();
    const client = await watching(url);
    const doc = new Y.Doc();
    const sent: string[] = [];
    doc.on('update', (update: Uint8Array) => void sent.push(Buffer.from(update).toString('base64')));
    for (let index = 0; index < 110; index++) doc.getMap('bots').set(`bot${index % 10}`, new Y.Map([['at', index]]));
    const add = async () => {
      const updates = sent.splice(0);
      for (const [updateId, update] of updates.entries()) {
        client.send(JSON.stringify([1, 1, { type: 'repo/add_updates', ...branch, updates: [update], updateId }]));
      }
      for (const _ of updates) await messageOf(client, 'repo/updates_received');
    };
    await add();
    const list = () => ask('/api/v2/records/insts/versions/list?inst=shared');
    const { versions } = await eventually(list, (answer) => answer.versions.length < 50);
    const { data } = await ask('/instData?inst=shared');
    expect(Object.keys(data.state)).toHaveLength(10);
    expect(data.state.bot9).toEqual({ id: 'bot9', tags: { at: 109 } });

    doc.getMap('bots').delete('bot9');
    await add();
    expect((await ask('/instData?inst=shared')).data.state.bot9).toBeUndefined();
    const restored = await ask('/api/v2/records/insts/versions/restore', {
      method: 'POST',
      body: JSON.stringify({ inst: 'shared', version: versions[0].version }),
    });
    expect(restored).toEqual({ success: true, version: 112 });
    expect(await messageOf(client, 'repo/add_updates')).toMatchObject({ updates: [expect.any(String)] });
    expect((await ask('/instData?inst=shared')).data).toEqual(data);
  });

  it('take updates that are too big for a frame through the object store, in and out', async () => {
    running = await startChorus({ port: 0, quiet: true, fresh: true });
    const client = await watching(running.url);
    const doc = new Y.Doc();
    doc.getText('text').insert(0, 'large '.repeat(100_000));
    const update = Buffer.from(Y.encodeStateAsUpdate(doc)).toString('base64');
    client.send('[2,9]');
    const [, , upload, method] = await eventOf(client, 3);
    const headers = { 'content-type': 'application/json', 'x-amz-acl': 'bucket-owner-full-control' };
    const body = JSON.stringify({ type: 'repo/add_updates', ...branch, updates: [update], updateId: 1 });
    expect((await fetch(String(upload), { method: String(method), headers, body })).status).toBe(200);
    client.send(JSON.stringify([4, 10, String(upload).replace(/\?.*/, ''), 'GET', {}]));
    expect(await messageOf(client, 'repo/updates_received')).toMatchObject({ updateId: 1 });

    client.send(JSON.stringify([1, 11, { type: 'repo/get_updates', ...branch }]));
    const [, , download] = await eventOf(client, 4);
    const { updates } = JSON.parse(await (await fetch(String(download))).text());
    expect(updates[0] === update).toBe(true);
  });
});
