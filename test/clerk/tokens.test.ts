import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { generateKeyPair, SignJWT } from 'jose';
import type { ClerkSettings } from '../../functions/core/clerk-settings.ts';
import { readSettings } from '../../functions/core/settings.ts';
import { type FakeClerk, startFakeClerk } from '../support/fake-clerk.ts';
import { makeWorld, type World } from '../support/world.ts';

let world: World;
let clerk: FakeClerk;
const worldWith = (more: Partial<ClerkSettings> = {}) => makeWorld({ clerk: { ...clerk.settings, ...more } });
const answer = async (token: string, among = world) => {
  const { status, body } = await among.http('GET', '/api/keys', { as: token });
  return [status, body.error];
};
beforeAll(async () => {
  clerk = await startFakeClerk(() => world.clock.now());
});
afterAll(() => clerk.close());
beforeEach(async () => {
  world = await worldWith();
});

describe('a token of the application at Clerk', () => {
  it('signs in, whatever its issuer is called', async () => {
    expect(await answer(await clerk.token({ sub: 'user_1' }))).toEqual([200, undefined]);
  });

  it('leads to one user, also when many first requests come at once', async () => {
    const token = await clerk.token({ sub: 'user_1' });
    const made = await Promise.all(
      Array.from({ length: 8 }, () =>
        world.http('POST', '/api/keys', {
          as: token,
          body: { name: 'key', scopeType: 'account', permissions: ['read'] },
        }),
      ),
    );
    expect(new Set(made.map(({ status }) => status))).toEqual(new Set([201]));
    expect((await world.http('GET', '/api/keys', { as: token })).body.keys).toHaveLength(8);
  });

  it('must be of the issuer and for the pages that are configured, where some are', async () => {
    const strict = await worldWith({
      issuer: 'https://clerk.example',
      authorizedParties: ['https://app.example', 'https://other.example'],
    });
    const claims = { sub: 'user_1', azp: 'https://other.example' };
    expect(await answer(await clerk.token(claims), strict)).toEqual([200, undefined]);
    expect(await answer(await clerk.token({ ...claims, iss: 'https://elsewhere.example' }), strict)).toEqual([
      401,
      'Invalid issuer',
    ]);
    for (const azp of ['https://evil.example', undefined]) {
      expect(await answer(await clerk.token({ ...claims, azp }), strict)).toEqual([401, 'Invalid authorized party']);
    }
  });

  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const seconds = () => Math.floor(world.clock.now() / 1000);
  const strange = generateKeyPair('RS256');
  it.each<[string, string, () => string | Promise<string>]>([
    ['that has expired', 'Token expired', () => clerk.token({ sub: 'user_1', exp: seconds() })],
    ['that never expires', 'Invalid token', () => clerk.token({ sub: 'user_1', exp: undefined })],
    ['from the future', 'Token not valid yet', () => clerk.token({ sub: 'user_1', iat: seconds() + 61 })],
    ['that does not hold yet', 'Token not valid yet', () => clerk.token({ sub: 'user_1', nbf: seconds() + 61 })],
    ['without a subject', 'Invalid token', () => clerk.token({})],
    [
      'signed with another key',
      'Invalid signature',
      async () =>
        new SignJWT({ sub: 'user_1', exp: seconds() + 60 })
          .setProtectedHeader({ alg: 'RS256', kid: 'one' })
          .sign((await strange).privateKey),
    ],
    [
      'signed with a shared secret',
      'Invalid token',
      () =>
        new SignJWT({ sub: 'user_1', exp: seconds() + 60 })
          .setProtectedHeader({ alg: 'HS256', kid: 'one' })
          .sign(new TextEncoder().encode('a secret that is long enough to be one')),
    ],
    [
      'without a signature',
      'Invalid token',
      () => `${part({ alg: 'none', kid: 'one' })}.${part({ sub: 'user_1', exp: seconds() + 60 })}.`,
    ],
    ['that is garbage', 'Invalid token', () => 'aaa.bbb.ccc'],
  ])('%s is refused: %s', async (_, reason, make) => {
    expect(await answer(await make())).toEqual([401, reason]);
  });

  it('may be of a clock that is a minute ahead', async () => {
    expect(await answer(await clerk.token({ sub: 'user_1', iat: seconds() + 60, nbf: seconds() + 60 }))).toEqual([
      200,
      undefined,
    ]);
  });

  it('is nothing where nobody issues tokens, while no credential at all asks for one', async () => {
    const closed = await makeWorld();
    expect(await answer(await clerk.token({ sub: 'user_1' }), closed)).toEqual([401, 'Invalid token']);
    const { status, body } = await closed.http('GET', '/api/keys');
    expect([status, body.error]).toEqual([401, 'Authorization required']);
  });
});

describe('the public keys', () => {
  it('are fetched once, and once more as soon as a token names another one; then not again for a minute', async () => {
    const before = clerk.asked;
    const fetched = () => clerk.asked - before;
    const claims = { sub: 'user_1' };
    await Promise.all(Array.from({ length: 4 }, async () => answer(await clerk.token(claims))));
    expect(fetched()).toBe(1);
    await clerk.rotate();
    const rotated = await Promise.all(Array.from({ length: 4 }, async () => answer(await clerk.token(claims))));
    expect(rotated).toEqual(Array.from({ length: 4 }, () => [200, undefined]));
    expect(fetched()).toBe(2);
    world.clock.advance(59_000);
    for (let i = 0; i < 3; i++)
      expect(await answer(await clerk.token(claims, { kid: 'x' }))).toEqual([401, 'Invalid token']);
    expect(fetched()).toBe(2);
    world.clock.advance(1_000);
    expect(await answer(await clerk.token(claims, { kid: 'x' }))).toEqual([401, 'Invalid token']);
    expect(fetched()).toBe(3);
  });
});

describe('the settings', () => {
  it('switch Clerk on one by one', () => {
    expect(readSettings({}).clerk).toBeUndefined();
    expect(readSettings({ CLERK_SECRET_KEY: '', CLERK_AUTHORIZED_PARTIES: 'https://a.example' }).clerk).toBeUndefined();
    expect(
      readSettings({ CLERK_SECRET_KEY: 'sk_test', CLERK_AUTHORIZED_PARTIES: 'https://a.example, https://b.example' })
        .clerk,
    ).toEqual({
      secretKey: 'sk_test',
      authorizedParties: ['https://a.example', 'https://b.example'],
    });
    expect(() => readSettings({ CLERK_JWKS_URL: 'clerk' })).toThrow('The setting CLERK_JWKS_URL must be a URL');
  });
});
