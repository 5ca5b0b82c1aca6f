import { describe, expect, it } from '@jest/globals';
import { makeWorld, type SignedIn, sessionIdIn } from '../support/world.ts';

const superUser = 'root@example.com';
const world = await makeWorld({ superUserAddresses: new Set([superUser]) });
const { http, clock, fanOut } = world;

let count = 0;
const signIn = () => world.signIn(`user-${++count}@example.com`);
const post = async (name: string, as: string | undefined, body?: unknown) => {
  const { status, body: answer } = await http('POST', `/api/v2/${name}`, { body, as });
  return { status, ...answer };
};
const list = async (as: string, query = '') => (await http('GET', `/api/v2/sessions${query}`, { as })).body;
const works = async (sessionKey: string) => (await http('GET', '/api/v2/sessions', { as: sessionKey })).status;

describe('listing sessions', () => {
  it('shows one’s own, without secrets', async () => {
    const alice = await signIn();
    const { sessions } = await list(alice.sessionKey);
    expect(sessions).toEqual([
      {
        userId: alice.userId,
        sessionId: alice.sessionId,
        grantedTimeMs: clock.now(),
        expireTimeMs: alice.expireTimeMs,
        revokeTimeMs: null,
        currentSession: true,
        ipAddress: '203.0.113.9',
        nextSessionId: null,
      },
    ]);
  });

  it('shows ten at most, those that live longest first, and goes on behind the last', async () => {
    let alice = await signIn();
    for (let at = 0; at < 11; at += 1) {
      clock.advance(1_000);
      const next = await post('replaceSession', alice.sessionKey);
      alice = { ...next, sessionId: sessionIdIn(next.sessionKey) };
    }
    const first = (await list(alice.sessionKey)).sessions;
    const last = first.at(-1).expireTimeMs;
    const second = (await list(alice.sessionKey, `?expireTimeMs=${last}`)).sessions;
    expect([first.length, second.length]).toEqual([10, 2]);
    const expiries = [...first, ...second].map(({ expireTimeMs }: SignedIn) => expireTimeMs);
    expect(expiries).toEqual([...expiries].sort((a, b) => b - a));
    expect(new Set(expiries).size).toBe(12);
    expect(first[0]).toMatchObject({ currentSession: true, revokeTimeMs: null });
    expect(first[1]).toMatchObject({ currentSession: false, nextSessionId: alice.sessionId });
  });

  it('of others is for super users', async () => {
    const [alice, bob, root] = [await signIn(), await signIn(), await world.signIn(superUser)];
    const whose = `?userId=${bob.userId}`;
    expect(await list(alice.sessionKey, whose)).toMatchObject({ success: false, errorCode: 'invalid_key' });
    expect(await list(root.sessionKey, whose)).toMatchObject({ success: true, sessions: [{ userId: bob.userId }] });
    expect((await list(bob.sessionKey, whose)).success).toBe(true);
  });
});

describe('replacing a session', () => {
  it('gives a new key and retires the old one at once', async () => {
    const alice = await signIn();
    clock.advance(1_000);
    const next = await post('replaceSession', alice.sessionKey, 'any body will do');
    expect(next).toMatchObject({ success: true, userId: alice.userId, expireTimeMs: alice.expireTimeMs + 1_000 });
    expect(await works(next.sessionKey)).toBe(200);
    expect(await works(alice.sessionKey)).toBe(403);
    expect(await post('replaceSession', alice.sessionKey)).toMatchObject({ status: 403, errorCode: 'invalid_key' });
  });

  it('has one winner among parallel calls', async () => {
    const alice = await signIn();
    const answers = await Promise.all(Array.from({ length: 8 }, () => post('replaceSession', alice.sessionKey)));
    const winners = answers.filter(({ success }) => success);
    expect(winners).toHaveLength(1);
    expect(answers.filter(({ errorCode }) => errorCode === 'invalid_key')).toHaveLength(7);
    expect(await works(winners[0].sessionKey)).toBe(200);
  });
});

describe('revoking a session', () => {
  it('by its ids ends it, and has its sockets closed', async () => {
    const [alice, other] = [await signIn(), await world.signIn(`user-${count}@example.com`)];
    const { userId, sessionId } = other;
    expect(await post('revokeSession', alice.sessionKey, { userId, sessionId })).toEqual({
      status: 200,
      success: true,
    });
    expect(fanOut.jobs.at(-1)).toEqual({
      kind: 'close-sockets',
      group: expect.stringMatching(/^sockets:/),
      id: expect.any(String),
      body: { userId, credential: { kind: 'session', id: sessionId } },
    });
    expect(await works(other.sessionKey)).toBe(403);
    expect(await works(alice.sessionKey)).toBe(200);
    expect((await list(alice.sessionKey)).sessions).toContainEqual(
      expect.objectContaining({ sessionId, revokeTimeMs: clock.now() }),
    );
  });

  it('by its key reads only the ids in it', async () => {
    const alice = await signIn();
    const parts = alice.sessionKey.split('.');
    const sessionKey = [...parts.slice(0, 3), Buffer.from('forgotten').toString('base64'), parts[4]].join('.');
    expect((await post('revokeSession', alice.sessionKey, { sessionKey })).success).toBe(true);
    expect(await works(alice.sessionKey)).toBe(403);
  });

  it('twice says so, with status 200, and closes sockets again', async () => {
    const [alice, other] = [await signIn(), await world.signIn(`user-${count}@example.com`)];
    const input = { userId: other.userId, sessionId: other.sessionId };
    await post('revokeSession', alice.sessionKey, input);
    const jobs = fanOut.jobs.length;
    const again = await post('revokeSession', alice.sessionKey, input);
    expect(again).toMatchObject({ status: 200, success: false, errorCode: 'session_already_revoked' });
    expect(fanOut.jobs).toHaveLength(jobs + 1);
  });

  it.each([
    ['nothing', {}, 400, 'unacceptable_user_id'],
    ['an empty user', { userId: '', sessionId: 's' }, 400, 'unacceptable_user_id'],
    ['a key that cannot be read', { sessionKey: 'vCK1.a.b.c.d' }, 400, 'unacceptable_session_key'],
    ['a session of somebody else', { userId: 'somebody', sessionId: 's' }, 403, 'invalid_key'],
  ])('refuses %s', async (_, input, status, errorCode) => {
    const alice = await signIn();
    expect(await post('revokeSession', alice.sessionKey, input)).toMatchObject({ status, success: false, errorCode });
  });

  it('refuses a missing or unknown session id', async () => {
    const { sessionKey, userId } = await signIn();
    expect(await post('revokeSession', sessionKey, { userId })).toMatchObject({
      status: 400,
      errorCode: 'unacceptable_session_id',
    });
    expect(await post('revokeSession', sessionKey, { userId, sessionId: 'unknown' })).toMatchObject({
      status: 404,
      errorCode: 'session_not_found',
    });
  });
});

describe('revoking all sessions', () => {
  it('ends them with one write, and shows in lists', async () => {
    const [alice, other] = [await signIn(), await world.signIn(`user-${count}@example.com`)];
    const { userId } = alice;
    expect(await post('revokeAllSessions', alice.sessionKey, { userId })).toEqual({ status: 200, success: true });
    expect([await works(alice.sessionKey), await works(other.sessionKey)]).toEqual([403, 403]);
    expect(fanOut.jobs.at(-1)).toMatchObject({ kind: 'close-sockets', body: { userId } });
    expect(fanOut.jobs.at(-1)?.body).not.toHaveProperty('credential');
    const revokedAt = clock.now();
    clock.advance(1);
    const again = await world.signIn(`user-${count}@example.com`);
    const { sessions } = await list(again.sessionKey);
    expect(sessions.map(({ revokeTimeMs }: { revokeTimeMs: number | null }) => revokeTimeMs)).toEqual([
      null,
      revokedAt,
      revokedAt,
    ]);
  });

  it('is for oneself', async () => {
    const [alice, bob] = [await signIn(), await signIn()];
    const answer = await post('revokeAllSessions', alice.sessionKey, { userId: bob.userId });
    expect(answer).toMatchObject({ status: 403, errorCode: 'invalid_key' });
    expect(await works(bob.sessionKey)).toBe(200);
  });

  it('leaves no way out by replacing at the same moment', async () => {
    const alice = await signIn();
    const [next] = await Promise.all([
      post('replaceSession', alice.sessionKey),
      post('revokeAllSessions', alice.sessionKey, { userId: alice.userId }),
    ]);
    if (next.success) expect(await works(next.sessionKey)).toBe(403);
  });
});

describe('logging out', () => {
  it('ends the session of the key that is shown', async () => {
    const alice = await signIn();
    expect(await post('logout', alice.sessionKey)).toEqual({ status: 200, success: true });
    expect(await works(alice.sessionKey)).toBe(403);
    expect(fanOut.jobs.at(-1)?.body).toMatchObject({ credential: { id: alice.sessionId } });
  });

  it('takes a key', async () => {
    expect(await post('logout', undefined)).toMatchObject({ status: 401, errorCode: 'not_logged_in' });
  });
});

describe('an account made by a super user', () => {
  it('has a session that neither expires nor ends', async () => {
    const root = await world.signIn(superUser);
    const made = await post('createAccount', root.sessionKey, {});
    expect(made).toMatchObject({ success: true, expireTimeMs: null });
    expect(Buffer.from(made.sessionKey.split('.')[4], 'base64').toString()).toBe('Infinity');
    clock.advance(10 * 365 * 24 * 60 * 60_000);
    expect(await works(made.sessionKey)).toBe(200);
    const refusal = { status: 400, errorCode: 'session_is_not_revokable' };
    expect(await post('revokeSession', made.sessionKey, { sessionKey: made.sessionKey })).toMatchObject(refusal);
    expect(await post('logout', made.sessionKey)).toMatchObject(refusal);
    expect(await post('replaceSession', made.sessionKey)).toMatchObject({ status: 403, errorCode: 'invalid_key' });
    await post('revokeAllSessions', made.sessionKey, { userId: made.userId });
    expect((await list(made.sessionKey)).sessions).toMatchObject([{ expireTimeMs: null, revokeTimeMs: null }]);
  });

  it('is not for everybody', async () => {
    const { sessionKey } = await signIn();
    expect(await post('createAccount', sessionKey, {})).toMatchObject({ status: 403, errorCode: 'not_authorized' });
  });
});
