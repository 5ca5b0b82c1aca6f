import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import { type RunningChorus, startChorus } from '../../local/chorus.ts';
import { connectionToken } from '../support/connection-token.ts';

/** Sockets of CasualOS's clients at the functions as they are deployed, with the bucket and the grants of the template. */
let running: RunningChorus;
let account: { readonly sessionKey: string; readonly connectionKey: string };
beforeAll(async () => {
  running = await startChorus({ port: 0, quiet: true, fresh: true });
  const address = 'owner@example.com';
  const { userId, requestId } = await post('/api/v2/login', { address, addressType: 'email' });
  const outbox = await fetch(`${running.url}/local/outbox?address=${address}`);
  const [{ code }] = (await outbox.json()) as [{ code: string }]; // the outbox's documented answer
  account = await post('/api/v2/completeLogin', { userId, requestId, code });
});
afterAll(() => running.stop());

async function post(path: string, body: object) {
  const headers = account === undefined ? {} : { authorization: `Bearer ${account.sessionKey}` };
  const answer = await fetch(running.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
  return JSON.parse(await answer.text());
}

const mostInFrame = 32_000;

/** What the stock client does about frames that are too small: it uploads what it sends, and fetches what it is sent. */
async function stockClient() {
  const socket = new WebSocket(`${running.url.replace('http', 'ws')}/api/v2/websocket`, 'casualos.records');
  // biome-ignore lint/suspicious/noExplicitAny: any shape may come in
  const events: any[] = [];
  socket.on('message', (data) => events.push(JSON.parse(String(data))));
  await once(socket, 'open');
  let count = 0;
  const next = async () => {
    while (events.length === 0) await once(socket, 'message');
    return events.shift();
  };
  return {
    socket,
    /** @returns the message that answers, and the event that brought it */
    async ask(message: object) {
      const text = JSON.stringify(message);
      count++;
      if (text.length <= mostInFrame) socket.send(`[1,${count},${text}]`);
      else {
        socket.send(JSON.stringify([2, count]));
        const [type, id, url, method, more] = await next();
        expect([type, id]).toEqual([3, count]);
        const headers = { 'Content-Type': 'application/json', 'x-amz-acl': 'bucket-owner-full-control', ...more };
        expect((await fetch(url, { method, headers, body: text })).status).toBe(200);
        const { origin, pathname } = new URL(url);
        socket.send(JSON.stringify([4, ++count, origin + pathname, 'GET', {}]));
      }
      const event = await next();
      if (event[0] === 1) return { event, message: event[2] };
      expect(event[0]).toBe(4);
      const [, , url, method, headers] = event;
      const fetched = await fetch(url, { method, headers });
      expect(fetched.headers.get('content-type')).toContain('application/json');
      return { event, message: JSON.parse(await fetched.text()) };
    },
  };
}

describe('a stock client of a running Chorus', () => {
  it('is answered in its subprotocol, logs in, and sends and gets messages of any size', async () => {
    const client = await stockClient();
    expect(client.socket.protocol).toBe('casualos.records');
    const token = connectionToken(account.connectionKey, { connectionId: 'me' });
    const { message: result } = await client.ask({ type: 'login', connectionToken: token });
    expect(result).toMatchObject({ type: 'login_result', success: true, info: { connectionId: 'me' } });

    await post('/api/v3/callProcedure', { procedure: 'createRecord', input: { recordName: 'big' } });
    const data = 'a big thing '.repeat(20_000);
    const request = (path: string, method: string, query: object, body: string | null) => ({
      type: 'http_request',
      id: 1,
      request: {
        path,
        method,
        pathParams: {},
        query,
        headers: { Authorization: `Bearer ${account.sessionKey}` },
        body,
      },
    });
    const item = JSON.stringify({ recordKey: 'big', address: 'a', data });
    const kept = await client.ask(request('/api/v2/records/data', 'POST', {}, item));
    expect(JSON.parse(kept.message.response.body)).toMatchObject({ success: true });
    const read = await client.ask(request('/api/v2/records/data', 'GET', { recordName: 'big', address: 'a' }, null));
    expect(read.event.slice(0, 2)).toEqual([4, -1]);
    expect(JSON.parse(read.message.response.body).data === data).toBe(true);
    client.socket.close();
  });

  it('loses its socket with its session', async () => {
    const client = await stockClient();
    const token = connectionToken(account.connectionKey, { connectionId: 'me' });
    await client.ask({ type: 'login', connectionToken: token });
    const closed = once(client.socket, 'close', { signal: AbortSignal.timeout(5_000) });
    await post('/api/v2/revokeSession', { sessionKey: account.sessionKey });
    await closed;
    const again = await stockClient();
    const { message } = await again.ask({ type: 'login', connectionToken: token });
    expect(message).toMatchObject({ success: false, errorCode: 'invalid_token' });
    again.socket.close();
  });
});
