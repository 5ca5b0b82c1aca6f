import { afterEach, describe, expect, it } from '@jest/globals';
import { announceShutdown } from '../../functions/jobs/announce-shutdown.ts';
import { noexWorld } from '../support/noex.ts';

const world = await noexWorld({ auth: { required: false } });
afterEach(() => expect(world.errors.splice(0)).toEqual([]));

const revoked = [
  { type: 'system', event: 'session_revoked', reason: expect.any(String) },
  { type: 'system', event: 'closing', code: 4002, reason: 'session_revoked' },
];

/** The job that closes sockets may look before the sessions are revoked; a reminder has it look again two seconds later. */
async function lookedTwice(): Promise<void> {
  await world.settled();
  world.advance(2_000);
  await world.remind();
}

describe('when all sessions of a user are revoked', () => {
  it('their sockets hear so and are closed as 4002, and nobody else notices', async () => {
    const ann = await world.person('ann@example.com');
    const both = [await world.connect(), await world.connect()];
    for (const client of both) await client.get('auth.login', { token: ann.sessionKey });
    const bob = await world.signedIn('bob@example.com');
    await world.http('POST', '/api/v2/revokeAllSessions', { as: ann.sessionKey, body: { userId: ann.userId } });
    await lookedTwice();
    for (const client of both) {
      expect(client.frames().slice(-2)).toEqual(revoked);
      expect(world.endedFor(client.socket)).toBe('sessionRevoked');
    }
    expect(world.isOpen(bob.socket)).toBe(true);
    expect(bob.frames().filter(({ type }) => type === 'system')).toEqual([]);
  });

  it('a session that they begin afterwards keeps its sockets', async () => {
    const ann = await world.person('anew@example.com');
    const [before, client] = [await world.connect(), await world.connect()];
    await before.get('auth.login', { token: ann.sessionKey });
    await world.http('POST', '/api/v2/revokeAllSessions', { as: ann.sessionKey, body: { userId: ann.userId } });
    world.advance(1);
    await client.get('auth.login', { token: (await world.person('anew@example.com')).sessionKey });
    await lookedTwice();
    expect([world.isOpen(before.socket), world.isOpen(client.socket)]).toEqual([false, true]);
  });

  it('a socket that has signed out before stays', async () => {
    const ann = await world.person('out@example.com');
    const client = await world.connect();
    await client.get('auth.login', { token: ann.sessionKey });
    await client.get('auth.logout');
    await world.http('POST', '/api/v2/revokeAllSessions', { as: ann.sessionKey, body: { userId: ann.userId } });
    await lookedTwice();
    expect(world.isOpen(client.socket)).toBe(true);
  });
});

describe('when one session is revoked', () => {
  it('only the sockets that it signed in are closed', async () => {
    const [first, second] = [await world.person('two@example.com'), await world.person('two@example.com')];
    const [one, two] = [await world.connect(), await world.connect()];
    await one.get('auth.login', { token: first.sessionKey });
    await two.get('auth.login', { token: second.sessionKey });
    const [userId, sessionId] = first.sessionKey
      .split('.')
      .slice(1, 3)
      .map((part) => atob(part));
    await world.http('POST', '/api/v2/revokeSession', {
      as: first.sessionKey,
      body: { userId, sessionId, sessionKey: first.sessionKey },
    });
    await world.settled();
    expect(one.frames().slice(-2)).toEqual(revoked);
    expect([world.isOpen(one.socket), world.isOpen(two.socket)]).toEqual([false, true]);
  });
});

describe('when the server shuts down', () => {
  it('everybody hears how long they have, and is closed as 1001 after that, who came meanwhile too', async () => {
    const clients = [await world.connect(), await world.connect()];
    const rooms = await world.open({ path: '/live' });
    const going = announceShutdown(world.ports, { gracePeriodMs: 150 });
    while (clients[1]?.frames().length === 1) await new Promise((resolve) => setTimeout(resolve, 1));
    const late = await world.connect();
    expect(world.isOpen(late.socket)).toBe(true);
    await going;
    for (const client of clients) {
      expect(client.frames().slice(1)).toEqual([
        { type: 'system', event: 'shutdown', gracePeriodMs: 150 },
        { type: 'system', event: 'closing', code: 1001, reason: 'Going away' },
      ]);
    }
    expect([...clients, late].map(({ socket }) => world.endedFor(socket))).toEqual(Array(3).fill('goingAway'));
    expect([rooms.texts, world.isOpen(rooms)]).toEqual([[], true]);
  });
});
