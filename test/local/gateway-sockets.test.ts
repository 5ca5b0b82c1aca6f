import { afterEach, describe, expect, it } from '@jest/globals';
import type { WebSocket } from 'ws';
import type { SocketRoutePart } from '../../local/parts.ts';
import { createManualClock } from '../support/local-clock.ts';
import { type Event, type GatewayWorld, laneArn, startGateway, toFunction, toLane } from './fixtures/gateway.ts';
import { connect, Refused } from './fixtures/socket-client.ts';

let stop: (() => Promise<void>) | undefined;

async function start(world: GatewayWorld) {
  const started = await startGateway(world);
  stop = started.stop;
  return started;
}

afterEach(async () => {
  await stop?.();
  stop = undefined;
});

const accept = () => ({ statusCode: 200 });
const connectRoute = toFunction('$connect', 'connect');

/** A gateway that keeps all events its one function gets. */
async function recorded(more: Partial<GatewayWorld> = {}, answer: (event: Event) => unknown = accept) {
  const events: Event[] = [];
  const wanted: (() => void)[] = [];
  const handler = (event: Event) => {
    events.push(event);
    for (const tell of wanted.splice(0)) tell();
    return answer(event);
  };
  const started = await start({
    handlers: { fn: handler },
    socket: [toFunction('$connect', 'fn'), toFunction('$default', 'fn'), toFunction('$disconnect', 'fn')],
    ...more,
  });
  /** The first event of a kind; waits for it. */
  async function event(eventType: string): Promise<Event> {
    for (;;) {
      const found = events.find((each) => each.requestContext.eventType === eventType);
      if (found) return found;
      await new Promise<void>((resolve) => wanted.push(resolve));
    }
  }
  return { ...started, events, event };
}

const id = expect.stringMatching(/^[A-Za-z0-9_-]{15}=$/);

describe('events', () => {
  it('of $connect have the handshake’s headers as sent, and its query', async () => {
    const { socketUrl, event, host } = await recorded();
    const client = await connect(`${socketUrl}/sync/a%20b?x=1&x=2&y=%26`, [], { headers: { 'X-MiXed': 'Yes' } });
    const connected = await event('CONNECT');
    expect(connected).toMatchObject({
      headers: {
        Host: host,
        'X-MiXed': 'Yes',
        'Sec-WebSocket-Key': expect.any(String),
        'Sec-WebSocket-Version': '13',
        'X-Forwarded-For': '127.0.0.1',
        'X-Forwarded-Port': expect.stringMatching(/^\d+$/),
        'X-Forwarded-Proto': 'http',
        'X-Amzn-Trace-Id': expect.any(String),
      },
      multiValueHeaders: { 'X-MiXed': ['Yes'] },
      queryStringParameters: { x: '2', y: '&', path: '/sync/a%20b' },
      multiValueQueryStringParameters: { x: ['1', '2'], y: ['&'] },
      isBase64Encoded: false,
      requestContext: {
        routeKey: '$connect',
        eventType: 'CONNECT',
        messageDirection: 'IN',
        stage: 'socket',
        apiId: 'SocketApi',
        domainName: host,
        connectionId: id,
        requestId: id,
        extendedRequestId: id,
        requestTime: expect.stringMatching(/ \+0000$/),
        requestTimeEpoch: expect.any(Number),
        connectedAt: expect.any(Number),
        identity: { sourceIp: '127.0.0.1' },
      },
    });
    expect(connected).not.toHaveProperty('body');
    client.close();
  });

  it('of a message have its text and a message id, and nothing of the handshake', async () => {
    const { socketUrl, event } = await recorded();
    const client = await connect(socketUrl, [], { headers: { 'user-agent': 'test/1' } });
    client.send('héllo');
    const connected = await event('CONNECT');
    const message = await event('MESSAGE');
    expect(message).toMatchObject({
      body: 'héllo',
      isBase64Encoded: false,
      requestContext: {
        routeKey: '$default',
        messageId: id,
        connectionId: connected.requestContext.connectionId,
        connectedAt: connected.requestContext.connectedAt,
        identity: { sourceIp: '127.0.0.1', userAgent: 'test/1' },
      },
    });
    expect(message).not.toHaveProperty('headers');
    expect(message).not.toHaveProperty('queryStringParameters');
    client.close();
  });

  it.each<[string, (socket: WebSocket) => void, number, string]>([
    ['a close with code and reason', (socket) => socket.close(4000, 'bye'), 4000, 'bye'],
    ['a close without a code', (socket) => socket.close(), 1005, ''],
    ['a connection that breaks', (socket) => socket.terminate(), 1006, ''],
  ])('of $disconnect after %s say so', async (_what, leave, disconnectStatusCode, disconnectReason) => {
    const { socketUrl, event, host } = await recorded();
    const client = await connect(socketUrl);
    leave(client.socket);
    const disconnected = await event('DISCONNECT');
    expect(disconnected).toMatchObject({
      headers: { Host: host, 'x-api-key': '', 'X-Forwarded-For': '127.0.0.1', 'x-restapi': '' },
      requestContext: { routeKey: '$disconnect', disconnectStatusCode, disconnectReason },
    });
    expect(disconnected).not.toHaveProperty('body');
  });
});

describe('the handshake', () => {
  const withConnect = (handler: (event: Event) => unknown, options = {}) =>
    start({ handlers: { connect: handler }, socket: [connectRoute], options });

  it.each<[string, () => unknown, number]>([
    ['401', () => ({ statusCode: 401, body: 'why' }), 401],
    ['403', () => ({ statusCode: 403 }), 403],
    ['302', () => ({ statusCode: 302 }), 302],
    ['a throw', () => Promise.reject(new Error('no')), 502],
    ['nothing', () => undefined, 502],
    ['a status that is text', () => ({ statusCode: '200' }), 502],
    ['a time-out of the function', () => ({ ok: false, reason: 'timeout', message: '' }), 502],
  ])('ends with %s as $connect says, and no $disconnect follows', async (_what, answer, status) => {
    const { socketUrl, events, event } = await recorded({}, (each) =>
      each.requestContext.eventType === 'CONNECT' && each.queryStringParameters.bad ? answer() : accept(),
    );
    await expect(connect(`${socketUrl}/?bad=1`)).rejects.toEqual(new Refused(status));
    // Silence is shown by what comes after it.
    const client = await connect(socketUrl);
    client.close();
    await event('DISCONNECT');
    expect(events.map((each) => each.requestContext.eventType)).toEqual(['CONNECT', 'CONNECT', 'DISCONNECT']);
  });

  it('ends with 504 when $connect takes longer than the gateway waits', async () => {
    const { socketUrl } = await withConnect(() => new Promise(() => {}), { integrationLimitMs: 10 });
    await expect(connect(socketUrl)).rejects.toEqual(new Refused(504));
  });

  it('succeeds on every path when there is no $connect route', async () => {
    const { socketUrl } = await start({ handlers: {}, socket: [] });
    const client = await connect(`${socketUrl}/anything/at/all`);
    client.close();
    expect(await client.closed).toMatchObject({ code: 1005 });
  });

  it('answers with the subprotocol that $connect chose, and with none by itself', async () => {
    const { socketUrl } = await withConnect((event) => ({
      statusCode: 200,
      headers: event.headers['Sec-WebSocket-Protocol'].includes('b') ? { 'sec-websocket-protocol': 'b' } : {},
    }));
    const client = await connect(socketUrl, ['a', 'b']);
    expect(client.socket.protocol).toBe('b');
    client.close();
    await expect(connect(socketUrl, ['a'])).rejects.toThrow('no subprotocol');
  });

  it('negotiates no compression', async () => {
    const { socketUrl } = await withConnect(accept);
    const client = await connect(socketUrl, [], { perMessageDeflate: true });
    expect(client.socket.extensions).toBe('');
    client.close();
  });

  it('runs no function for what is no handshake', async () => {
    const { url, events } = await recorded();
    const response = await fetch(url, { headers: { connection: 'upgrade', upgrade: 'websocket' } }).catch(
      () => undefined,
    );
    expect(response?.status ?? 400).toBeGreaterThanOrEqual(400);
    expect(events).toEqual([]);
  });
});

describe('the route of a message', () => {
  const named = (event: Event) => ({ body: event.requestContext.routeKey });
  const socket = ['join', 'a.b', '$default'].map((routeKey) => toFunction(routeKey, 'fn', true));

  it.each([
    ['its type', '{"type":"join"}', 'join'],
    ['a type with a dot', '{"type":"a.b"}', 'a.b'],
    ['an unknown type', '{"type":"nobody"}', '$default'],
    ['no type', '{}', '$default'],
    ['a type that is no text', '{"type":1}', '$default'],
    ['an inherited name', '{"type":"constructor"}', '$default'],
    ['$connect', '{"type":"$connect"}', '$default'],
    ['$disconnect', '{"type":"$disconnect"}', '$default'],
    ['a list', '[1]', '$default'],
    ['no JSON', 'hello', '$default'],
    ['nothing', '', '$default'],
  ])('with %s is chosen: %s → %s', async (_what, frame, routeKey) => {
    const { socketUrl } = await start({ handlers: { fn: named }, socket });
    const client = await connect(socketUrl);
    client.send(frame);
    expect(await client.next()).toBe(routeKey);
    client.close();
  });

  it('may be none: then the sender hears Forbidden', async () => {
    const { socketUrl } = await start({ handlers: {}, socket: [] });
    const client = await connect(socketUrl);
    client.send('{"type":"join"}');
    expect(JSON.parse(await client.next())).toEqual({ message: 'Forbidden', connectionId: id, requestId: id });
    client.close();
  });
});

describe('what a handler returns', () => {
  it('reaches the client where the route has a response, whatever its status, and nowhere else', async () => {
    const socket = [toFunction('loud', 'fn', true), toFunction('quiet', 'fn'), toFunction('empty', 'empty', true)];
    const handlers = { fn: () => ({ statusCode: 500, body: 'answer' }), empty: () => ({ body: '' }) };
    const { socketUrl } = await start({ handlers, socket });
    const client = await connect(socketUrl);
    for (const type of ['quiet', 'empty', 'loud']) client.send(JSON.stringify({ type }));
    expect(await client.next()).toBe('answer');
    expect(client.waiting).toEqual([]);
    client.close();
  });

  it.each<[string, () => unknown, string]>([
    ['a throw', () => Promise.reject(new Error('no')), 'Internal server error'],
    ['a crash', () => ({ ok: false, reason: 'crash', message: '' }), 'Internal server error'],
    ['a time-out of the function', () => ({ ok: false, reason: 'timeout', message: '' }), 'Internal server error'],
    ['no answer in time', () => new Promise(() => {}), 'Endpoint request timed out'],
  ])('or %s becomes an error frame, and the connection stays', async (_what, answer, message) => {
    const { socketUrl, event } = await recorded({ options: { integrationLimitMs: 50 } }, ({ requestContext }) =>
      requestContext.eventType === 'MESSAGE' ? answer() : accept(),
    );
    const client = await connect(socketUrl);
    client.send('x');
    const { connectionId, requestId } = (await event('MESSAGE')).requestContext;
    expect(JSON.parse(await client.next())).toEqual({ message, connectionId, requestId });
    expect(client.socket.readyState).toBe(client.socket.OPEN);
    client.close();
  });
});

describe('messages of one connection', () => {
  it('are dispatched in order without waiting for each other', async () => {
    const order: string[] = [];
    const { promise: third, resolve } = Promise.withResolvers<void>();
    const handler = async ({ body }: Event) => {
      order.push(body);
      if (body === '3') resolve();
      await third;
      return {};
    };
    const { socketUrl } = await start({ handlers: { fn: handler }, socket: [toFunction('$default', 'fn')] });
    const client = await connect(socketUrl);
    for (const frame of ['1', '2', '3']) client.send(frame);
    await third;
    expect(order).toEqual(['1', '2', '3']);
    client.close();
  });

  it('reach the lane in their order, with what the event says about them', async () => {
    const socket: SocketRoutePart[] = [toLane('$default'), toLane('$disconnect', '-'), toFunction('ask', 'fn', true)];
    const { socketUrl, sent } = await start({ handlers: { fn: () => ({ body: 'ok' }) }, socket });
    const client = await connect(socketUrl);
    const frames = ['"quotes" & + % = \\', '$context.x #set ## \u2028 ž 漢 😀', '\r\n\t', 'x'.repeat(32_000)];
    for (const frame of frames) client.send(frame);
    client.send('{"type":"ask"}');
    await client.next();
    client.close(4001);
    await client.closed;
    client.socket.removeAllListeners();
    while (sent.length < 5) await new Promise((resolve) => setImmediate(resolve));
    expect(sent.map(({ message }) => message.body)).toEqual([...frames, '-']);
    const contexts = sent.map(({ message }) => new URLSearchParams(message.attributes?.context));
    expect(new Set(sent.map(({ queueArn }) => queueArn))).toEqual(new Set([laneArn]));
    expect(new Set(sent.map(({ message }) => message.deduplicationId)).size).toBe(5);
    const connectionId = contexts[0]?.get('connectionId');
    expect(connectionId).toEqual(id);
    expect(new Set(sent.map(({ message }) => message.groupId))).toEqual(new Set([connectionId]));
    expect(Object.fromEntries(contexts[0] ?? [])).toMatchObject({
      routeKey: '$default',
      eventType: 'MESSAGE',
      connectedAt: expect.stringMatching(/^\d+$/),
      'identity.sourceIp': '127.0.0.1',
      messageId: id,
    });
    expect(contexts[4]?.get('eventType')).toBe('DISCONNECT');
  });

  it('that the queue refuses are answered with an error frame', async () => {
    const { socketUrl } = await start({ handlers: {}, socket: [toLane('$default')] });
    const client = await connect(socketUrl);
    client.send('');
    expect(JSON.parse(await client.next())).toMatchObject({ message: 'Internal server error' });
    client.close();
  });
});

describe('limits', () => {
  const open = async (more: Partial<GatewayWorld> = {}) => {
    const started = await recorded(more, (event) => ({ statusCode: 200, body: String(event.body?.length) }));
    return { ...started, client: await connect(started.socketUrl) };
  };
  const loud = { socket: [toFunction('$default', 'fn', true), toFunction('$disconnect', 'fn')] };

  it('let a frame of 32 KB and a message of 128 KB in such frames pass', async () => {
    const { client } = await open(loud);
    client.send('x'.repeat(32_768));
    expect(await client.next()).toBe('32768');
    for (let n = 0; n < 4; n++) client.socket.send('x'.repeat(32_768), { fin: n === 3 });
    expect(await client.next()).toBe('131072');
    client.close();
  });

  it('let a frame above 32 KB pass with a warning: most clients cannot choose their framing', async () => {
    const lines: string[] = [];
    const { client } = await open({ ...loud, options: { log: (_part, line) => lines.push(line) } });
    client.send('x'.repeat(131_072));
    expect(await client.next()).toBe('131072');
    client.send('x'.repeat(40_000));
    expect(await client.next()).toBe('40000');
    expect(lines).toEqual([expect.stringMatching(/32 KB.*1009/)]);
    client.close();
  });

  it('close on a frame above 32 KB when told to be as strict as API Gateway', async () => {
    const { client } = await open({ ...loud, options: { refuseLargeFrames: true } });
    client.socket.send('x'.repeat(32_769));
    expect(await client.closed).toMatchObject({ code: 1009 });
  });

  it.each<[string, (socket: WebSocket) => void, number]>([
    ['a message above 128 KB in one frame', (socket) => socket.send('x'.repeat(131_073)), 1009],
    [
      'a message above 128 KB',
      (socket) => {
        for (let n = 0; n < 5; n++) socket.send('x'.repeat(30_000), { fin: n === 4 });
      },
      1009,
    ],
    ['a binary frame', (socket) => socket.send(Buffer.from([1])), 1003],
  ])('close on %s', async (_what, send, code) => {
    const { client, event, events } = await open(loud);
    send(client.socket);
    expect(await client.closed).toMatchObject({ code });
    expect((await event('DISCONNECT')).requestContext.disconnectStatusCode).toBe(code);
    expect(events.map((each) => each.requestContext.eventType)).toEqual(['DISCONNECT']);
  });

  it('close a connection that was idle for ten minutes with 1001 Going away', async () => {
    const clock = createManualClock();
    const { client, event } = await open({ ...loud, options: { clock } });
    clock.advance(9 * 60_000);
    client.send('still here');
    await client.next();
    clock.advance(9 * 60_000);
    expect(client.socket.readyState).toBe(client.socket.OPEN);
    clock.advance(60_000);
    expect(await client.closed).toEqual({ code: 1001, reason: 'Going away' });
    expect((await event('DISCONNECT')).requestContext).toMatchObject({
      disconnectStatusCode: 1001,
      disconnectReason: 'Going away',
    });
  });

  it('close every connection after two hours with 1001 Going away', async () => {
    const clock = createManualClock();
    const { client } = await open({ ...loud, options: { clock, idleMs: 24 * 3_600_000 } });
    clock.advance(2 * 3_600_000 - 1);
    client.send('x');
    await client.next();
    clock.advance(1);
    expect(await client.closed).toEqual({ code: 1001, reason: 'Going away' });
  });

  it('answer a ping without a function', async () => {
    const { client, events } = await open(loud);
    const pong = new Promise((resolve) => client.socket.once('pong', resolve));
    client.socket.ping('hi');
    expect(String(await pong)).toBe('hi');
    expect(events).toEqual([]);
    client.close();
  });
});

describe('stopping', () => {
  it('closes all connections with 1001, and their $disconnect has run', async () => {
    const { socketUrl, gateway, events } = await recorded();
    const clients = await Promise.all([connect(socketUrl), connect(socketUrl)]);
    await gateway.stop();
    expect(await Promise.all(clients.map(({ closed }) => closed))).toEqual([
      { code: 1001, reason: 'Going away' },
      { code: 1001, reason: 'Going away' },
    ]);
    expect(events.filter((event) => event.requestContext.eventType === 'DISCONNECT')).toHaveLength(2);
  });
});
