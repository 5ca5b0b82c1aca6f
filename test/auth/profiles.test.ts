import { describe, expect, it } from '@jest/globals';
import { makeWorld } from '../support/world.ts';

const world = await makeWorld({ superUserAddresses: new Set(['root@example.com']) });
const { http } = world;

let count = 0;
const signIn = () => world.signIn(`user-${++count}@example.com`);
const read = (userId: string, as?: string) => http('GET', `/api/${encodeURIComponent(userId)}/metadata`, { as });
const write = (userId: string, as: string, body: unknown) => http('PUT', `/api/${userId}/metadata`, { as, body });

describe('user info', () => {
  it('shows oneself', async () => {
    const alice = await signIn();
    const { status, body } = await read(alice.userId, alice.sessionKey);
    expect(status).toBe(200);
    expect(body).toEqual({
      success: true,
      email: `user-${count}@example.com`,
      phoneNumber: null,
      hasActiveSubscription: false,
      subscriptionTier: null,
      privacyFeatures: { publishData: true, allowPublicData: true, allowAI: true, allowPublicInsts: true },
      displayName: null,
      role: 'none',
    });
    const called = await http('POST', '/api/v3/callProcedure', {
      as: alice.sessionKey,
      body: { procedure: 'getUserInfo', input: { userId: alice.userId } },
    });
    expect(called.body).toEqual(body);
  });

  it('shows others to super users only', async () => {
    const [alice, bob, root] = [await signIn(), await signIn(), await world.signIn('root@example.com')];
    expect((await read(bob.userId)).body.errorCode).toBe('not_logged_in');
    const refused = await read(bob.userId, alice.sessionKey);
    expect([refused.status, refused.body.errorCode]).toEqual([403, 'not_authorized']);
    expect((await read(bob.userId, root.sessionKey)).body.email).toBe(`user-${count}@example.com`);
    const unknown = await read('nobody#at/all', root.sessionKey);
    expect([unknown.status, unknown.body.errorCode]).toEqual([404, 'user_not_found']);
    expect((await read(root.userId, root.sessionKey)).body.role).toBe('superUser');
  });
});

describe('changing user info', () => {
  it('changes what is given and nothing else', async () => {
    const { userId, sessionKey } = await signIn();
    const avatarUrl = 'https://example.com/a.png';
    expect((await write(userId, sessionKey, { name: 'Alice', avatarUrl })).body).toEqual({ success: true, userId });
    await write(userId, sessionKey, { name: 'Alicia', avatarUrl: null });
    await write(userId, sessionKey, {});
    expect((await read(userId, sessionKey)).body).toMatchObject({ name: 'Alicia', avatarUrl });
  });

  it.each([
    ['a mail address that is none', { email: 'nobody' }, 'email'],
    ['an avatar that is no web address', { avatarUrl: 'javascript:alert(1)' }, 'avatarUrl'],
    ['an empty name', { name: '' }, 'name'],
    ['somebody else’s mail address', { email: 'victim@example.com' }, 'email'],
    ['a new phone number', { phoneNumber: '+15550100' }, 'phoneNumber'],
  ])('refuses %s', async (_, changes, field) => {
    const { userId, sessionKey } = await signIn();
    const { status, body } = await write(userId, sessionKey, { ...changes, avatarPortraitUrl: 'https://example.com' });
    expect([status, body.errorCode, body.issues[0].path]).toEqual([400, 'unacceptable_request', [field]]);
    const stored = (await read(userId, sessionKey)).body;
    expect(stored.email).toBe(`user-${count}@example.com`);
    expect(stored).not.toHaveProperty('avatarPortraitUrl');
  });

  it('takes the address that is stored already, as clients send everything back', async () => {
    const { userId, sessionKey } = await signIn();
    const same = { name: 'Alice', email: `user-${count}@example.com`, phoneNumber: null };
    expect((await write(userId, sessionKey, same)).status).toBe(200);
  });

  it('is for oneself, even for super users', async () => {
    const [bob, root] = [await signIn(), await world.signIn('root@example.com')];
    const { status, body } = await write(bob.userId, root.sessionKey, { name: 'Robert' });
    expect([status, body.errorCode]).toEqual([403, 'invalid_key']);
  });
});
