import { afterEach, describe, expect, it } from '@jest/globals';
import { noexWorld } from '../support/noex.ts';
import type { Client } from '../support/sockets.ts';

const world = await noexWorld({ auth: { required: false } });
afterEach(() => {
  world.deliverTimes(1);
  world.killNextAfter(Number.POSITIVE_INFINITY);
  expect(world.errors.splice(0)).toEqual([]);
});

const framesOf = (socket: Client) => socket.texts.map((text) => JSON.parse(text));
const whoami = JSON.stringify({ id: 7, type: 'auth.whoami' });

describe('the welcome', () => {
  it('is the first message, once, with exactly these fields', async () => {
    const client = await world.connect();
    expect(client.frames()).toEqual([
      { type: 'welcome', version: '1.0.0', serverTime: expect.any(Number), requiresAuth: false },
    ]);
  });

  it('comes before the answers to somebody who does not wait for it, and once', async () => {
    for (let n = 0; n < 5; n++) {
      const socket = await world.open();
      await Promise.all(Array.from({ length: 5 }, () => world.direct(socket, whoami)));
      await world.settled();
      expect(framesOf(socket).map(({ type }) => type)).toEqual(['welcome', ...Array(5).fill('result')]);
    }
  });

  it('comes once though the lane delivers it twice', async () => {
    world.deliverTimes(2);
    const client = await world.connect();
    expect(client.frames()).toHaveLength(1);
  });

  it.each([0, 1, 2, 3])('comes though its handler dies before I/O %i', async (ios) => {
    world.killNextAfter(ios);
    const client = await world.connect();
    expect(client.frames().length).toBeGreaterThanOrEqual(1);
    expect(client.frames()[0]?.type).toBe('welcome');
    const before = client.frames().length;
    expect(await client.get('auth.whoami')).toEqual({ authenticated: false });
    expect(client.frames()).toHaveLength(before + 1);
    world.errors.splice(0);
  });

  it('is not said on paths that name no protocol, where requests with an id are answered all the same', async () => {
    const client = await world.connect({ path: '/elsewhere' });
    expect(client.frames()).toEqual([]);
    expect(await client.get('auth.whoami')).toEqual({ authenticated: false });
    await world.direct(client.socket, '{"type":"leave_room","payload":{}}');
    expect(client.frames()).toHaveLength(1);
  });
});

describe('a message that cannot be told apart is answered with id 0', () => {
  it.each([
    ['{', 'PARSE_ERROR'],
    ['[]', 'PARSE_ERROR'],
    ['null', 'PARSE_ERROR'],
    ['7', 'PARSE_ERROR'],
    ['"text"', 'PARSE_ERROR'],
    ['{"id":1}', 'INVALID_REQUEST'],
    ['{"id":1,"type":""}', 'INVALID_REQUEST'],
    ['{"id":1,"type":7}', 'INVALID_REQUEST'],
    ['{"type":"pong"}', 'INVALID_REQUEST'],
    ['{"type":"pong","timestamp":"1"}', 'INVALID_REQUEST'],
    ['{"type":"auth.whoami"}', 'INVALID_REQUEST'],
    ['{"id":"1","type":"auth.whoami"}', 'INVALID_REQUEST'],
    ['{"id":1e999,"type":"auth.whoami"}', 'INVALID_REQUEST'],
  ])('%s is a %s', async (text, code) => {
    const { socket } = await world.connect();
    await world.direct(socket, text);
    expect(framesOf(socket).slice(1)).toEqual([{ id: 0, type: 'error', code, message: expect.any(String) }]);
  });
});

describe('a request', () => {
  it.each([0, -1, 0.5, 1e300])('is answered with its id %p as it is', async (id) => {
    const { socket } = await world.connect();
    await world.direct(socket, JSON.stringify({ id, type: 'auth.whoami', unknown: true }));
    expect(framesOf(socket).at(-1)).toEqual({ id, type: 'result', data: { authenticated: false } });
  });

  it('of an unknown type is refused, ping among them', async () => {
    const client = await world.connect();
    for (const type of ['store.dance', 'ping', 'identity.login', '__proto__', 'constructor']) {
      expect(await client.refusal(type)).toBe('UNKNOWN_OPERATION');
    }
  });

  it('that is nested too deeply is refused with its id', async () => {
    const { socket } = await world.connect();
    const deep = `${'['.repeat(5_000)}${']'.repeat(5_000)}`;
    await world.direct(socket, `{"id":7,"type":"auth.whoami","x":${deep}}`);
    expect(framesOf(socket).at(-1)).toMatchObject({ id: 7, code: 'VALIDATION_ERROR' });
  });

  it('pong is never answered', async () => {
    const client = await world.connect();
    await world.direct(client.socket, '{"type":"pong","timestamp":1}');
    expect(client.frames()).toHaveLength(1);
  });
});

describe('a client that reads too slowly', () => {
  it('gets its answers, and its refusals, once it reads again', async () => {
    const { socket } = await world.connect();
    world.clog(socket, true);
    await world.direct(socket, whoami);
    await world.direct(socket, '{"id":8,"type":"store.dance"}');
    expect(framesOf(socket)).toHaveLength(1);
    world.clog(socket, false);
    await world.settled();
    expect(framesOf(socket).slice(1)).toMatchObject([
      { id: 7, type: 'result' },
      { id: 8, type: 'error', code: 'UNKNOWN_OPERATION' },
    ]);
  });

  it('is closed when it has taken no answer for a minute', async () => {
    const { socket } = await world.connect();
    world.clog(socket, true);
    await world.direct(socket, whoami);
    world.advance(61_000);
    await world.settled();
    expect(world.endedFor(socket)).toBe('tooSlow');
  });
});

describe('frames above the limit of a connection', () => {
  it('are refused with the id of the request and when to come again, pongs never', async () => {
    const limited = await noexWorld({}, { frameRateLimit: { maxHits: 1, windowMs: 10_000 } });
    const { socket, ask } = await limited.connect();
    await ask('auth.whoami');
    for (const frame of [whoami, '{"type":"pong","timestamp":1}', '{"id":8,"type":"auth.whoami"}'])
      await limited.direct(socket, frame);
    const refusals = framesOf(socket).slice(2);
    expect(refusals.map(({ id }) => id)).toEqual([7, 8]);
    for (const { code, message, details } of refusals) {
      expect(code).toBe('RATE_LIMITED');
      expect(message).toBe(`Rate limit exceeded. Retry after ${details.retryAfterMs}ms`);
      expect(details).toEqual({ retryAfterMs: expect.any(Number) });
      expect(details.retryAfterMs).toBeGreaterThan(0);
      expect(details.retryAfterMs).toBeLessThanOrEqual(10_000);
    }
  });
});

describe('an application that keeps details to itself', () => {
  it('refuses in words only, requests and live queries', async () => {
    const key = { type: 'string', required: true } as const;
    const silent = await noexWorld({
      auth: { required: false },
      exposeErrorDetails: false,
      buckets: { notes: { key: 'id', schema: { id: key } } },
      queries: { some: { bucket: 'notes', filter: { id: { $in: '{{ params.ids }}' } } } },
    });
    const client = await silent.connect();
    const refused = [
      await client.ask('store.insert', { bucket: 'notes', data: {} }),
      await client.ask('store.update', { bucket: 'notes', key: 'x', data: {} }),
      await client.ask('store.subscribe', { query: 'some', params: { ids: 'x' } }),
    ];
    expect(refused.map(({ code }) => code)).toEqual(['VALIDATION_ERROR', 'NOT_FOUND', 'VALIDATION_ERROR']);
    for (const answer of refused) expect(Object.keys(answer)).toEqual(['id', 'type', 'code', 'message']);
  });
});
