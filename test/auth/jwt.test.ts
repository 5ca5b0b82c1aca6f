import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { identify } from '../../functions/auth/credentials.ts';
import { verifyJwt } from '../../functions/auth/jwt.ts';
import type { AuthIssuer } from '../../functions/core/settings.ts';
import { makeWorld, type World } from '../support/world.ts';

const keys = await generateKeyPair('RS256');
const strange = await generateKeyPair('RS256');
let asked: string[] = [];
let down = false;
const server = createServer(async (request, response) => {
  asked.push(request.url ?? '');
  response.setHeader('content-type', 'application/json');
  if (down) response.statusCode = 503;
  const discovery = { jwks_uri: `${issuer()}/keys` };
  const jwks = { keys: [{ ...(await exportJWK(keys.publicKey)), kid: 'one', alg: 'RS256', use: 'sig' }] };
  response.end(JSON.stringify(request.url === '/keys' ? jwks : discovery));
});
const issuer = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens on TCP

let world: World;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  world = await makeWorld({
    authIssuers: [{ issuer: issuer(), audience: 'chorus' }],
    superUserAddresses: new Set(['root@example.com']),
  });
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
});

const seconds = () => Math.floor(world.clock.now() / 1000);
const defaults = (): JWTPayload => ({
  iss: issuer(),
  aud: 'chorus',
  sub: 'subject',
  iat: seconds(),
  exp: seconds() + 60,
});
async function token(
  claims: Readonly<Record<string, unknown>> = {},
  { key = keys.privateKey, kid = 'one' } = {},
): Promise<string> {
  return new SignJWT({ ...defaults(), ...claims }).setProtectedHeader({ alg: 'RS256', kid }).sign(key);
}
const refusal = (text: string) =>
  identify(world.ports, text).catch((error: unknown) => Reflect.get(Object(error), 'code'));
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('a token of a configured issuer', () => {
  it('signs in, with what it says of its bearer', async () => {
    const jwt = await token({ sub: 'a', name: 'Alice', email: 'alice@example.com', jti: 'token-1' });
    const { status, body } = await world.http('GET', '/api/v2/sessions', { as: jwt });
    expect([status, body.sessions]).toEqual([200, []]);
    expect(await identify(world.ports, jwt)).toEqual({
      userId: expect.any(String),
      role: 'none',
      credential: { kind: 'jwt', id: 'token-1', expiresAt: (seconds() + 60) * 1000 },
      name: 'Alice',
      email: 'alice@example.com',
      provider: 'custom',
    });
  });

  it('names its bearer by whatever it has', async () => {
    const jwt = await token({ sub: 'b', given_name: 'Bob', family_name: 'Builder', preferred_username: 'bob@corp' });
    expect(await identify(world.ports, jwt)).toMatchObject({ name: 'Bob Builder', email: 'bob@corp' });
  });

  it('leads to one user, also when two first visits come at once', async () => {
    const [one, other] = [await token({ sub: 'twice' }), await token({ sub: 'twice' })];
    const found = await Promise.all([one, other, one, other].map((jwt) => identify(world.ports, jwt)));
    expect(new Set(found.map((identity) => identity?.userId)).size).toBe(1);
  });

  it('joins the user of its address only when the issuer has verified it', async () => {
    const { userId } = await world.signIn('carol@example.com');
    const unverified = await token({ sub: 'mallory', email: 'carol@example.com' });
    const claimed = await token({ sub: 'eve', email: 'carol@example.com', email_verified: 'true' });
    const verified = await token({ sub: 'carol', email: 'Carol@example.com', email_verified: true });
    expect((await identify(world.ports, unverified))?.userId).not.toBe(userId);
    expect((await identify(world.ports, claimed))?.userId).not.toBe(userId);
    expect((await identify(world.ports, verified))?.userId).toBe(userId);
  });

  it('claims a verified address that nobody has: signing in with a code leads to the same user', async () => {
    const jwt = await token({ sub: 'dave', email: 'dave@example.com', email_verified: true });
    const identity = await identify(world.ports, jwt);
    expect((await world.signIn('dave@example.com')).userId).toBe(identity?.userId);
  });

  it('leaves an unverified address to whoever proves it', async () => {
    const identity = await identify(world.ports, await token({ sub: 'frank', email: 'frank@example.com' }));
    expect((await world.signIn('frank@example.com')).userId).not.toBe(identity?.userId);
  });

  it('gives the role of an address only with proof of it', async () => {
    const root = { email: 'root@example.com' };
    expect(await identify(world.ports, await token({ sub: 'liar', ...root }))).toMatchObject({ role: 'none' });
    const proof = await token({ sub: 'root', ...root, email_verified: true });
    expect(await identify(world.ports, proof)).toMatchObject({ role: 'superUser' });
  });

  it.each<[string, () => string | Promise<string>]>([
    ['without a signature', () => `${part({ alg: 'none' })}.${part(defaults())}.`],
    ['signed with a strange key', () => token({}, { key: strange.privateKey })],
    ['signed with a key nobody knows', () => token({}, { kid: 'two' })],
    [
      'signed with a shared secret',
      () =>
        new SignJWT(defaults())
          .setProtectedHeader({ alg: 'HS256', kid: 'one' })
          .sign(new TextEncoder().encode('secret')),
    ],
    ['for another audience', () => token({ aud: 'somebody' })],
    ['of another issuer', () => token({ iss: 'https://elsewhere.example.com' })],
    ['that has expired', () => token({ exp: seconds() })],
    ['that never expires', () => token({ exp: undefined })],
    ['from the future', () => token({ iat: seconds() + 120 })],
    ['that does not hold yet', () => token({ nbf: seconds() + 120 })],
    ['without a subject', () => token({ sub: undefined })],
    ['that is garbage', () => 'aaa.bbb.ccc'],
  ])('%s is refused', async (_, make) => {
    expect(await refusal(await make())).toBe('invalid_key');
  });

  it('may have been made by a clock that is a little ahead', async () => {
    expect(await identify(world.ports, await token({ iat: seconds() + 30, nbf: seconds() + 30 }))).toBeDefined();
  });

  it('cannot be replaced or logged out here, and opens no API for its keys', async () => {
    const jwt = await token();
    const replaced = await world.http('POST', '/api/v2/replaceSession', { as: jwt });
    expect([replaced.status, replaced.body.errorCode]).toEqual([403, 'invalid_key']);
    const out = await world.http('POST', '/api/v2/logout', { as: jwt });
    expect([out.status, out.body.errorCode]).toEqual([400, 'session_is_not_revokable']);
  });

  it('asks the issuer for its keys once, and once more for a key that nobody knows', () => {
    expect(asked.filter((url) => url === '/keys')).toHaveLength(2);
    expect(asked).toContain('/.well-known/openid-configuration');
  });

  it('is not to blame when the issuer is down', async () => {
    asked = [];
    down = true;
    const other = await makeWorld({ authIssuers: [{ issuer: issuer(), audience: 'chorus' }] });
    const answer = await other.http('GET', '/api/v2/sessions', { as: await token() });
    expect([answer.status, answer.body.errorCode]).toEqual([503, 'service_unavailable']);
    down = false;
    expect((await other.http('GET', '/api/v2/sessions', { as: await token() })).status).toBe(200);
  });
});

describe('the provider beside a name', () => {
  it('is the configured one, or what the issuer is known as', async () => {
    const trusting = (...authIssuers: AuthIssuer[]) => ({
      ...world.ports,
      settings: { ...world.ports.settings, authIssuers },
    });
    const configured = trusting({ issuer: issuer(), provider: 'intranet' });
    expect((await verifyJwt(configured, await token())).provider).toBe('intranet');
    for (const [name, provider] of [
      ['https://accounts.google.com', 'google'],
      ['https://login.microsoftonline.com/tenant/v2.0', 'microsoft'],
    ] as const) {
      const known = trusting({ issuer: name, jwksUrl: `${issuer()}/keys` });
      expect((await verifyJwt(known, await token({ iss: name }))).provider).toBe(provider);
    }
  });
});
