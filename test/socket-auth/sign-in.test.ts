import { afterEach, describe, expect, it } from '@jest/globals';
import { noexWorld } from '../support/noex.ts';

/** Nobody listens there. */
const issuer = 'http://127.0.0.1:9';
const base64url = (text: string) => Buffer.from(text).toString('base64url');
const world = await noexWorld(
  {
    auth: {
      roles: ({ addresses }) => (addresses.some((one) => one.endsWith('@limited.example')) ? ['limited'] : []),
      validate: (token) => (token === 'known' ? { userId: 'ann', roles: ['guest'], expiresAt: null } : null),
    },
  },
  { adminAddresses: new Set(['admin@example.com']), authIssuers: [{ issuer }] },
);
afterEach(() => expect(world.errors).toEqual([]));

describe('auth.login', () => {
  it('signs in with a session key, and says who and until when', async () => {
    const ann = await world.person('ann@example.com');
    const client = await world.connect();
    expect(client.frames()[0]?.requiresAuth).toBe(true);
    const session = { userId: ann.userId, roles: ['user'], expiresAt: ann.expireTimeMs };
    expect(await client.get('auth.login', { token: ann.sessionKey })).toEqual(session);
    expect(await client.get('auth.whoami')).toEqual({ authenticated: true, ...session });
  });

  it('gives roles by address and by application', async () => {
    const rolesOf = async (token: string) => (await (await world.connect()).get('auth.login', { token })).roles;
    expect(await rolesOf((await world.person('admin@example.com')).sessionKey)).toEqual(['user', 'admin']);
    expect(await rolesOf((await world.person('bob@limited.example')).sessionKey)).toEqual(['user', 'limited']);
  });

  it('believes the application about tokens that are none of ours', async () => {
    const client = await world.connect();
    expect(await client.get('auth.login', { token: 'known' })).toEqual({
      userId: 'app:ann',
      roles: ['user', 'guest'],
      expiresAt: null,
    });
  });

  it.each([{}, { token: '' }, { token: 7 }, { token: null }])('refuses %p as invalid', async (fields) => {
    expect(await (await world.connect()).refusal('auth.login', fields)).toBe('VALIDATION_ERROR');
  });

  it('refuses what does not hold in the same words, and leaves the session before it in place', async () => {
    const ann = await world.person('again@example.com');
    const client = await world.connect();
    await client.get('auth.login', { token: ann.sessionKey });
    const forged = ann.sessionKey.replace(/\.[^.]+\.([^.]+)$/, '.Zm9yZ2Vk.$1');
    const answers = await Promise.all(
      ['garbage', forged, 'mc_live_unknown'].map((token) => client.ask('auth.login', { token })),
    );
    expect(new Set(answers.map(({ code, message }) => `${code} ${message}`)).size).toBe(1);
    expect(answers[0]?.code).toBe('UNAUTHORIZED');
    expect((await client.get('auth.whoami')).userId).toBe(ann.userId);
  });

  it('does not blame a token for an issuer that does not answer', async () => {
    const [header, claims] = [{ alg: 'RS256' }, { iss: issuer }].map((part) => base64url(JSON.stringify(part)));
    expect(await (await world.connect()).refusal('auth.login', { token: `${header}.${claims}.x` })).toBe(
      'BACKPRESSURE',
    );
  });

  it('names a session of a user whose sessions have all been revoked', async () => {
    const ann = await world.person('revoked@example.com');
    await world.http('POST', '/api/v2/revokeAllSessions', { as: ann.sessionKey, body: { userId: ann.userId } });
    expect(await (await world.connect()).refusal('auth.login', { token: ann.sessionKey })).toBe('SESSION_REVOKED');
  });

  it('may come in the query of the upgrade, where what does not hold is taken for none', async () => {
    const ann = await world.person('query@example.com');
    const signedIn = await world.connect({ query: { token: ann.sessionKey } });
    expect((await signedIn.get('auth.whoami')).userId).toBe(ann.userId);
    const stranger = await world.connect({ query: { token: 'garbage' } });
    expect(await stranger.get('auth.whoami')).toEqual({ authenticated: false });
  });
});

describe('without a session', () => {
  it('nothing but auth.* is answered, unknown operations included', async () => {
    const client = await world.connect();
    expect(await client.refusal('store.insert')).toBe('UNAUTHORIZED');
    expect(await client.refusal('store.dance')).toBe('UNAUTHORIZED');
    expect(await client.refusal('auth.dance')).toBe('UNKNOWN_OPERATION');
  });

  it('auth.logout works, and ends one', async () => {
    const client = await world.signedIn('out@example.com');
    expect(await client.get('auth.logout')).toEqual({ loggedOut: true });
    expect(await client.get('auth.logout')).toEqual({ loggedOut: true });
    expect(await client.get('auth.whoami')).toEqual({ authenticated: false });
  });

  it('is who has one that has expired', async () => {
    const client = await world.signedIn('late@example.com');
    world.advance(15 * 24 * 60 * 60_000);
    const again = await world.connect();
    expect(await again.get('auth.whoami')).toEqual({ authenticated: false });
    expect(client.socket.id).not.toBe(again.socket.id);
  });
});
