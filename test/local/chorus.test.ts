import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { type ChorusOptions, type RunningChorus, startChorus } from '../../local/chorus.ts';
import { connect, type SocketClient } from './fixtures/socket-client.ts';

let running: RunningChorus | undefined;

async function start(options: ChorusOptions = {}): Promise<RunningChorus> {
  running = await startChorus({ port: 0, quiet: true, ...options });
  return running;
}

afterEach(async () => {
  await running?.stop();
  running = undefined;
});

/** A frame of this type; what comes before it is not looked at. */
async function hear(client: SocketClient, type: string): Promise<unknown> {
  for (;;) {
    const frame = JSON.parse(await client.next());
    if (frame.type === type) return frame.payload;
  }
}

async function inRoom(url: string, name: string): Promise<SocketClient> {
  const client = await connect(`${url.replace('http', 'ws')}/live`);
  client.send(JSON.stringify({ type: 'join_room', payload: { roomId: 'lobby', name } }));
  await hear(client, 'room_joined');
  return client;
}

describe('Chorus on this machine', () => {
  it('lets two programs meet and chat', async () => {
    const { url } = await start({ fresh: true });
    const [alice, bob] = [await inRoom(url, 'Alice'), await inRoom(url, 'Bob')];
    alice.send('{"type":"send_chat","payload":{"message":"hello"}}');
    expect(await hear(bob, 'chat_message')).toMatchObject({ message: 'hello' });
    expect(await (await fetch(`${url}/health`)).json()).toEqual({ status: 'ok', environment: 'production' });
  });

  it('keeps what was said over a restart, and tells clients to come back', async () => {
    const dataDir = mkdtempSync(path.join(tmpdir(), 'chorus-data-'));
    const first = await start({ dataDir });
    const alice = await inRoom(first.url, 'Alice');
    alice.send('{"type":"send_chat","payload":{"message":"still here"}}');
    await hear(alice, 'chat_message');
    await first.stop();
    expect(await alice.closed).toEqual({ code: 1001, reason: 'Going away' });
    const { url } = await start({ dataDir });
    const bob = await connect(`${url.replace('http', 'ws')}/live`);
    bob.send('{"type":"join_room","payload":{"roomId":"lobby"}}');
    expect(await hear(bob, 'room_joined')).toMatchObject({ chatHistory: [{ message: 'still here' }] });
  });

  it('knows the jobs of its schedules, its outbox, and nothing else below /local', async () => {
    const { url } = await start({ fresh: true });
    const post = async (job: string) => (await fetch(`${url}/local/jobs/${job}`, { method: 'POST' })).status;
    expect([await post('sweep'), await post('expire-items'), await post('nonsense')]).toEqual([200, 200, 404]);
    expect(await (await fetch(`${url}/local/outbox?address=nobody@example.com`)).json()).toEqual([]);
    expect((await fetch(`${url}/local/nonsense`)).status).toBe(404);
  });

  it('answers for passkeys by their own routes and by name, for pages at any port of this machine', async () => {
    const { url } = await start({ fresh: true });
    const headers = { origin: 'http://localhost:5173' };
    const byPath = await fetch(`${url}/api/v2/webauthn/login/options`, { headers });
    expect(await byPath.json()).toMatchObject({ success: true, options: { rpId: 'localhost' } });
    const byName = async (procedure: string) => {
      const body = JSON.stringify({ procedure });
      return (await fetch(`${url}/api/v3/callProcedure`, { method: 'POST', headers, body })).json();
    };
    expect(await byName('getWebAuthnLoginOptions')).toMatchObject({ success: true, options: { rpId: 'localhost' } });
    expect(await byName('listUserAuthenticators')).toMatchObject({ success: false, errorCode: 'not_logged_in' });
  });

  it('takes its settings from the environment it is given', async () => {
    const { url } = await start({ fresh: true, env: { ANONYMOUS: 'nodes' } });
    const alice = await connect(`${url.replace('http', 'ws')}/live`);
    alice.send('{"type":"join_room","payload":{"roomId":"lobby"}}');
    expect(await hear(alice, 'error')).toMatchObject({ code: 'FORBIDDEN' });
  });

  it('keeps its data to itself while it runs: another one is told who has it', async () => {
    const dataDir = mkdtempSync(path.join(tmpdir(), 'chorus-data-'));
    const { url, stop } = await start({ dataDir });
    const another = startChorus({ port: 0, quiet: true, dataDir });
    await expect(another).rejects.toThrow(`by Chorus at ${url} (process ${process.pid})`);
    expect((await fetch(`${url}/health`)).status).toBe(200);
    await stop();
    const next = await start({ dataDir });
    expect((await fetch(`${next.url}/health`)).status).toBe(200);
  });

  it('says so when somebody has the port', async () => {
    const { url } = await start({ fresh: true });
    await expect(startChorus({ port: Number(new URL(url).port), quiet: true })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
  });
});
