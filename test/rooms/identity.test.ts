import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { Ports } from '../../functions/core/ports.ts';
import { httpOver } from '../support/http.ts';
import { livePorts } from '../support/live-ports.ts';
import { rememberingOutbox } from '../support/remembering-ports.ts';
import { newRoom } from '../support/rooms.ts';
import { Refused, socketWorld } from '../support/sockets.ts';
import { signIn } from '../support/world.ts';

const issuerKeys = await generateKeyPair('RS256');
const strangerKeys = await generateKeyPair('RS256');
const server = createServer(async (_, response) => {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ keys: [{ ...(await exportJWK(issuerKeys.publicKey)), kid: 'k1', alg: 'RS256' }] }));
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
server.unref();
const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const outbox = rememberingOutbox();
const {
  ports: base,
  errors,
  advance,
} = await livePorts({
  accountOrigins: [],
  authIssuers: [{ issuer, jwksUrl: `${issuer}/keys`, audience: 'chorus' }],
});
const withOutbox: Ports = Object.create(base, { outbox: { value: outbox } });
const world = socketWorld(withOutbox);
const http = httpOver(world.ports);
afterEach(() => expect([...errors, ...world.dead]).toEqual([]));

const token = (claims: object, { key = issuerKeys.privateKey, audience = 'chorus', expires = '1h' } = {}) =>
  new SignJWT({ ...claims })
    .setProtectedHeader({ alg: 'RS256', kid: 'k1' })
    .setIssuer(issuer)
    .setAudience(audience)
    .setSubject('person-1')
    .setExpirationTime(expires)
    .sign(key);

async function entryAfterJoin(options: Parameters<typeof world.connect>[0], payload: object = {}) {
  const client = await world.connect(options);
  const roomId = newRoom();
  client.send('join_room', { roomId, ...payload });
  await world.settled();
  return { client, roomId, entry: client.heard[0]?.payload.presence[client.id] };
}

describe('who is in a room', () => {
  it('is known from a session key at the upgrade, in the query or in a header', async () => {
    const { sessionKey, userId } = await signIn(http, outbox, 'ann@example.com');
    for (const options of [
      { query: { access_token: sessionKey } },
      { headers: { Authorization: `Bearer ${sessionKey}` } },
      { headers: { authorization: `Bearer ${sessionKey}` } },
    ]) {
      const { client, roomId, entry } = await entryAfterJoin(options);
      expect(entry).toEqual({ connectionId: client.id, userId, email: 'ann@example.com', presence: {} });
      client.send('send_chat', { message: 'hi' });
      await world.settled();
      expect(client.heard.at(-1)?.payload.userId).toBe(userId);
      const { body } = await http('GET', `/rooms/${encodeURIComponent(roomId)}/chat`);
      expect(body.messages[0].userId).toBe(userId);
    }
  });

  it('is known from a token in the join, for the life of the connection', async () => {
    const { sessionKey, userId } = await signIn(http, outbox, 'ben@example.com');
    const { client, entry } = await entryAfterJoin({}, { accessToken: sessionKey, name: 'not me' });
    expect(entry.userId).toBe(userId);
    client.take();
    client.send('join_room', { roomId: newRoom() });
    await world.settled();
    expect(client.heard[0]?.payload.presence[client.id].userId).toBe(userId);
  });

  it('is known from a token of a configured issuer', async () => {
    const jwt = await token({ email: 'cy@example.com', email_verified: true, name: 'Cy' });
    const { entry } = await entryAfterJoin({ query: { access_token: jwt } });
    expect(entry).toMatchObject({
      name: 'Cy',
      email: 'cy@example.com',
      provider: 'custom',
      userId: expect.any(String),
    });
    const again = await entryAfterJoin({ query: { access_token: jwt } });
    expect(again.entry.userId).toBe(entry.userId);
  });

  it('is what they say of themselves otherwise, each thing said once', async () => {
    const { client, entry } = await entryAfterJoin({}, { name: 'Anonymous Dee' });
    expect(entry).toEqual({ connectionId: client.id, name: 'Anonymous Dee', presence: {} });
    client.take();
    client.send('join_room', { roomId: newRoom(), name: 'Somebody else', email: 'dee@example.com' });
    await world.settled();
    expect(client.heard[0]?.payload.presence[client.id]).toEqual({
      connectionId: client.id,
      name: 'Anonymous Dee',
      email: 'dee@example.com',
      presence: {},
    });
  });

  const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(JSON.stringify({ iss: issuer, sub: 'boss', aud: 'chorus' })).toString('base64url')}.`;
  it.each([
    ['signed by nobody', async () => unsigned],
    ['signed by a stranger', () => token({}, { key: strangerKeys.privateKey })],
    ['for somebody else', () => token({}, { audience: 'other' })],
    ['expired', () => token({}, { expires: '-1h' })],
    ['no token at all', async () => 'secret'],
    [
      'an altered session key',
      async () => {
        const { sessionKey } = await signIn(http, outbox, 'eve@example.com');
        const parts = sessionKey.split('.');
        return [parts[0], parts[1], parts[2], Buffer.from('forged').toString('base64'), parts[4]].join('.');
      },
    ],
  ])('a token that is %s is refused at the upgrade, and forgiven in a join', async (_, make) => {
    const bad = await make();
    await expect(world.connect({ query: { access_token: bad } })).rejects.toEqual(new Refused(401));
    const { client, entry } = await entryAfterJoin({}, { accessToken: bad, name: 'Fay' });
    expect(entry).toEqual({ connectionId: client.id, name: 'Fay', presence: {} });
  });
});

describe('the address of a socket', () => {
  it('is what our own edge saw, when it proves to be ours', async () => {
    const secrets = { ...base.secrets, edge: async () => new TextEncoder().encode('ours') };
    const behind = socketWorld(Object.create(withOutbox, { secrets: { value: secrets } }));
    const ipOf = async (headers: Record<string, string>) => {
      const { id } = await behind.connect({ headers });
      return (await world.ports.connections.query({ pk: `CONN#${id}` }))[0]?.ip;
    };
    const viewer = { 'X-Chorus-Viewer': '198.51.100.7', 'X-Forwarded-For': '198.51.100.8' };
    expect(await ipOf({ ...viewer, 'X-Chorus-Edge': 'ours' })).toBe('198.51.100.7');
    expect(await ipOf({ ...viewer, 'X-Chorus-Edge': 'guess' })).toBe('203.0.113.9');
    expect(await ipOf(viewer)).toBe('203.0.113.9');
  });
});

describe('without anonymous rooms', () => {
  const strict = socketWorld(
    Object.create(withOutbox, { settings: { value: { ...base.settings, anonymous: new Set() } } }),
  );

  it('a join is FORBIDDEN, unless a token in it holds', async () => {
    const client = await strict.connect();
    client.send('join_room', { roomId: newRoom() });
    await strict.settled();
    expect(client.take()).toEqual([{ type: 'error', payload: { code: 'FORBIDDEN', message: expect.any(String) } }]);
    const { sessionKey } = await signIn(http, outbox, 'gil@example.com');
    client.send('join_room', { roomId: newRoom(), accessToken: sessionKey });
    await strict.settled();
    expect(client.heard).toMatchObject([{ type: 'room_joined' }]);
  });

  it('rooms are read over HTTP with a session only', async () => {
    const strictHttp = httpOver(strict.ports);
    expect((await strictHttp('GET', '/rooms/r/chat')).status).toBe(401);
    const { sessionKey } = await signIn(http, outbox, 'hal@example.com');
    expect((await strictHttp('GET', '/rooms/r/chat', { as: sessionKey })).status).toBe(200);
  });
});

describe('a deployment that requires sign-in', () => {
  it('refuses upgrades without a credential', async () => {
    const settings = { ...base.settings, requireSignIn: true };
    const closed = socketWorld(Object.create(withOutbox, { settings: { value: settings } }));
    await expect(closed.connect()).rejects.toEqual(new Refused(401));
    const { sessionKey } = await signIn(http, outbox, 'ida@example.com');
    await closed.connect({ query: { access_token: sessionKey } });
  });
});

describe('an application that authorizes', () => {
  const app = {
    name: 'test',
    authorize: ({ query }: { query: Readonly<Record<string, string | undefined>> }) =>
      query.ticket === 'good'
        ? { userId: 'app-user', name: 'Jo' }
        : query.ticket === 'guest'
          ? { name: 'Guest' }
          : null,
  };
  const own = socketWorld(Object.create(withOutbox, { app: { value: app } }));

  it('decides at the upgrade who somebody is, or that they are nobody here', async () => {
    await expect(own.connect()).rejects.toEqual(new Refused(401));
    for (const [ticket, expected] of [
      ['good', { userId: 'app-user', name: 'Jo' }],
      ['guest', { name: 'Guest' }],
    ] as const) {
      const client = await own.connect({ query: { ticket } });
      client.send('join_room', { roomId: newRoom() });
      await own.settled();
      expect(client.heard[0]?.payload.presence[client.id]).toEqual({
        connectionId: client.id,
        ...expected,
        presence: {},
      });
    }
  });
});

describe('a revoked session', () => {
  it('closes the sockets it opened, and no other', async () => {
    const first = await signIn(http, outbox, 'kim@example.com');
    const second = await signIn(http, outbox, 'kim@example.com');
    const a = await entryAfterJoin({ query: { access_token: first.sessionKey } });
    const b = await entryAfterJoin({}, { accessToken: first.sessionKey });
    const c = await entryAfterJoin({ query: { access_token: second.sessionKey } });
    await http('POST', '/api/v2/revokeSession', {
      as: second.sessionKey,
      body: { userId: first.userId, sessionId: first.sessionId },
    });
    await world.settled();
    for (const { client } of [a, b]) {
      expect(await world.ports.connections.query({ pk: `CONN#${client.id}` })).toEqual([]);
    }
    expect(await world.ports.connections.query({ pk: `CONN#${c.client.id}` })).toHaveLength(1);
    await expect(world.connect({ query: { access_token: first.sessionKey } })).rejects.toEqual(new Refused(401));
  });

  it('that has expired ends the connection with the next frame', async () => {
    const { sessionKey } = await signIn(http, outbox, 'lou@example.com');
    const { client } = await entryAfterJoin({ query: { access_token: sessionKey } });
    // The socket's own row outlives its two hours in no deployment; here the session is the shorter one.
    const row = (await world.ports.connections.query({ pk: `CONN#${client.id}` }))[0];
    const identity = JSON.parse(String(row?.identity));
    identity.credential.expiresAt = Date.now() - 1;
    await world.ports.connections.put({
      ...row,
      pk: `CONN#${client.id}`,
      sk: 'CONN',
      identity: JSON.stringify(identity),
    });
    client.send('send_chat', { message: 'too late' });
    await world.settled();
    expect(client.of('chat_message')).toEqual([]);
    expect(await world.ports.connections.query({ pk: `CONN#${client.id}` })).toEqual([]);
  });
});

describe('a flood', () => {
  it('of frames is answered with RATE_LIMITED until the window ends, and the room goes on', async () => {
    const settings = { ...base.settings, frameRateLimit: { maxHits: 20, windowMs: 60_000 } };
    const limited = socketWorld(Object.create(withOutbox, { settings: { value: settings } }));
    const client = await limited.connect();
    client.send('join_room', { roomId: newRoom() });
    for (let n = 0; n < 40; n++) client.send('send_chat', { message: String(n) });
    await limited.settled();
    expect(client.of('chat_message').length).toBeLessThanOrEqual(20);
    expect(client.of('error')[0]?.payload.code).toBe('RATE_LIMITED');
    client.take();
    advance(61_000);
    client.send('send_chat', { message: 'again' });
    await limited.settled();
    expect(client.of('chat_message')).toHaveLength(1);
  });
});
