import { describe, expect, it } from '@jest/globals';
import type { Ports } from '../../functions/core/ports.ts';
import { rememberingFunctions } from '../support/functions.ts';
import { livePorts } from '../support/live-ports.ts';
import { rememberingBlobs, rememberingOutbox } from '../support/remembering-ports.ts';
import type { Client } from '../support/sockets.ts';
import { socketWorld } from '../support/sockets.ts';

const outbox = rememberingOutbox();
const blobs = rememberingBlobs();
const { ports: base, errors } = await livePorts({ accountOrigins: ['https://ours.example.com'] });
const ports: Ports = Object.create(base, {
  outbox: { value: outbox },
  blobs: { value: blobs },
  functions: { get: () => rememberingFunctions(() => ports) },
});
const world = socketWorld(ports);
const open = (headers: Record<string, string> = {}) =>
  world.connect({ path: '/', headers: { 'Sec-WebSocket-Protocol': 'casualos.records', ...headers } });

async function ask(client: Client, event: unknown) {
  const before = client.texts.length;
  await world.direct(client, typeof event === 'string' ? event : JSON.stringify(event));
  return client.texts.slice(before).map((text) => JSON.parse(text));
}

async function request(client: Client, id: number, wanted: object) {
  const [[type, , message]] = await ask(client, [1, id, { type: 'http_request', id, request: wanted }]);
  expect([type, message.type, message.id]).toEqual([1, 'http_response', id]);
  return {
    ...message.response,
    json: message.response.body.startsWith('{') ? JSON.parse(message.response.body) : undefined,
  };
}

const post = (path: string, body: object, headers: object = {}) => ({
  path,
  method: 'POST',
  pathParams: {},
  query: {},
  headers: { 'Content-Type': 'application/json', ...headers },
  body: JSON.stringify(body),
});

describe('HTTP over a socket', () => {
  it('answers as HTTP does: sign-in, procedures by name, and routes with a query', async () => {
    const client = await open({ Origin: 'https://ours.example.com' });
    const asked = await request(client, 1, post('/api/v2/login', { address: 'ann@example.com', addressType: 'email' }));
    expect(asked).toMatchObject({ statusCode: 200, json: { success: true } });
    expect(asked.headers['access-control-allow-origin']).toBe('https://ours.example.com');
    const code = outbox.messages.at(-1)?.code;
    const { userId, requestId } = asked.json;
    const signedIn = await request(client, 2, post('/api/v2/completeLogin', { userId, requestId, code }));
    const authorization = `Bearer ${signedIn.json.sessionKey}`;
    const input = { recordName: 'over-a-socket' };
    const made = await request(
      client,
      3,
      post('/api/v3/callProcedure', { procedure: 'createRecord', input }, { Authorization: authorization }),
    );
    expect(made.json).toEqual({ success: true });
    const listed = await request(client, 4, {
      path: '/api/v2/records/list',
      method: 'GET',
      query: { userId },
      headers: { Authorization: authorization },
      body: null,
    });
    expect(listed.json.records).toEqual([{ name: 'over-a-socket', ownerId: userId, studioId: null }]);
  });

  it('brings an answer that is too big for a frame by the message store', async () => {
    const client = await open();
    const asked = await request(client, 1, post('/api/v2/login', { address: 'big@example.com', addressType: 'email' }));
    const code = outbox.messages.at(-1)?.code;
    const { userId, requestId } = asked.json;
    const signedIn = await request(client, 2, post('/api/v2/completeLogin', { userId, requestId, code }));
    const headers = { Authorization: `Bearer ${signedIn.json.sessionKey}` };
    const recordName = 'big-over-a-socket';
    const data = 'ä"'.repeat(50_000);
    await request(client, 3, post('/api/v2/records', { recordName }, headers));
    const item = { recordKey: recordName, address: 'a', data };
    const kept = await request(client, 4, post('/api/v2/records/data', item, headers));
    expect(kept.json).toEqual({ success: true, recordName, address: 'a' });
    const query = { recordName, address: 'a' };
    const wanted = { path: '/api/v2/records/data', method: 'GET', query, headers };
    const [[type, id, url, method]] = await ask(client, [1, 5, { type: 'http_request', id: 5, request: wanted }]);
    expect([type, id, method]).toEqual([4, -1, 'GET']);
    const message = JSON.parse(blobs.texts.get(blobs.nameIn(url) ?? '') ?? '');
    expect([message.type, message.id, message.response.statusCode]).toEqual(['http_response', 5, 200]);
    expect(JSON.parse(message.response.body).data === data).toBe(true);
  });

  it('has the origin and the address of the socket, whatever the request says', async () => {
    const client = await open({ Origin: 'https://evil.example.com' });
    const headers = { Origin: 'https://ours.example.com', 'X-Forwarded-For': '1.2.3.4' };
    const answer = await request(
      client,
      1,
      post('/api/v2/login', { address: 'eve@example.com', addressType: 'email' }, headers),
    );
    expect(answer).toMatchObject({ statusCode: 403, json: { errorCode: 'invalid_origin' } });
    expect(outbox.messages.some(({ to }) => to === 'eve@example.com')).toBe(false);
  });

  it('says to unknown paths what HTTP says', async () => {
    const client = await open();
    const answer = await request(client, 1, { path: '/api/v2/nowhere', method: 'GET' });
    expect(answer).toMatchObject({ statusCode: 404, json: { errorCode: 'operation_not_found' } });
  });
});

describe('telling the time', () => {
  it.each(['sync/time', 'repo/time_sync'])('answers %s with when it came and when it went', async (type) => {
    const client = await open();
    const before = ports.clock.now();
    const [[, , answer]] = await ask(client, [1, 7, { type, id: 3, clientRequestTime: 5 }]);
    expect(answer).toEqual({
      type: 'sync/time/response',
      id: 3,
      clientRequestTime: 5,
      serverReceiveTime: expect.any(Number),
      serverTransmitTime: expect.any(Number),
    });
    expect(answer.serverReceiveTime).toBeGreaterThanOrEqual(before);
    expect(answer.serverTransmitTime).toBeGreaterThanOrEqual(answer.serverReceiveTime);
  });
});

describe('what cannot be read', () => {
  it.each(['hello', '', '1', '"text"', 'null', 'true'])('%j is ignored', async (text) => {
    expect(await ask(await open(), text)).toEqual([]);
  });

  it.each([
    ['{}', null],
    ['[]', null],
    ['[9,1]', null],
    ['[1,"1",{}]', null],
    ['[1,4,{}]', 4],
    ['[1,4,{"type":"nothing/known"}]', 4],
    ['[1,4,{"type":"sync/time"}]', 4],
  ])('%s is answered with an error for the id %p, and the socket stays open', async (text, id) => {
    const client = await open();
    const [[type, of, info]] = await ask(client, text);
    expect([type, of]).toEqual([5, id]);
    expect(info).toMatchObject({ success: false, errorCode: 'unacceptable_request', errorMessage: expect.any(String) });
    expect(await ask(client, [1, 5, { type: 'sync/time', id: 1, clientRequestTime: 1 }])).toHaveLength(1);
  });
});

it('nothing unexpected happened', () => {
  expect(errors).toEqual([]);
});
