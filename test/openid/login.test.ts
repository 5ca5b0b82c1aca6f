import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startFakePrivo } from '../support/fake-privo.ts';
import type { RequestOptions } from '../support/http.ts';
import { makeWorld } from '../support/world.ts';

const privo = await startFakePrivo(() => world.clock.now());
const world = await makeWorld({ privo: privo.settings });
const { http, clock } = world;
afterAll(() => privo.close());
beforeEach(() => {
  privo.state.down = undefined;
  privo.state.claims = {};
  privo.state.isForged = false;
});

const { adult, child, parent } = privo.settings.roleIds;
const features = privo.settings.featureIds;
const post = async (path: string, body: unknown, options: RequestOptions = {}) => {
  const { status, body: answer } = await http('POST', `/api/v2/${path}`, { ...options, body });
  return { status, ...answer };
};
const start = (options?: RequestOptions) => post('login/privo', {}, options);
const complete = (requestId: string, options?: RequestOptions) => post('oauth/complete', { requestId }, options);

let count = 0;
/** Somebody who has an account there and here: their address is known, and the first sign-in joins the two. */
async function member(role = adult) {
  const email = `member-${++count}@example.com`;
  const { userId } = await world.signIn(email);
  return { userId, account: privo.add({ email, role }) };
}

/** Started and signed in at the provider; the code has been handed over. */
async function handedOver(account: ReturnType<typeof privo.add>) {
  const { requestId, authorizationUrl } = await start();
  const brought = privo.signIn(authorizationUrl, account);
  expect(await post('oauth/code', brought)).toEqual({ status: 200, success: true });
  return { requestId, brought };
}

const refused = (errorCode: string, status: number) =>
  expect.objectContaining({ status, success: false, errorCode, errorMessage: expect.any(String) });
const invalid = refused('invalid_request', 403);

describe('signing in at a provider', () => {
  it('begins with an address that carries a challenge and no secret', async () => {
    const answer = await start();
    expect(answer).toEqual({
      status: 200,
      success: true,
      requestId: expect.any(String),
      authorizationUrl: expect.any(String),
    });
    const url = new URL(answer.authorizationUrl);
    expect(`${url.origin}${url.pathname}`).toBe(`${privo.settings.publicEndpoint}/authorize`);
    expect(Object.fromEntries(url.searchParams)).toEqual({
      response_type: 'code',
      client_id: 'client',
      redirect_uri: privo.settings.redirectUri,
      scope: expect.stringContaining('openid'),
      state: expect.stringMatching(/^[\w-]{20,}$/),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256',
    });
    expect(answer.authorizationUrl).not.toContain(answer.requestId);
  });

  it('ends in the window that began it, with a session of the user of that address', async () => {
    const { userId, account } = await member();
    const { requestId, authorizationUrl } = await start();
    expect(await complete(requestId)).toEqual(refused('not_completed', 400));
    await post('oauth/code', privo.signIn(authorizationUrl, account));
    const session = await complete(requestId);
    expect(session).toMatchObject({ status: 200, success: true, userId, expireTimeMs: expect.any(Number) });
    expect(session.metadata).toMatchObject({ hasUserAuthenticator: false });
    const { status, body } = await http('GET', '/api/v2/sessions', { as: session.sessionKey });
    expect([status, body.sessions[0].currentSession]).toEqual([200, true]);
  });

  it('finds people by the provider’s word for them ever after, whatever address they have there', async () => {
    const { userId, account } = await member(child);
    await complete((await handedOver(account)).requestId);
    account.email = 'moved@example.com';
    expect(await complete((await handedOver(account)).requestId)).toMatchObject({ success: true, userId });
  });

  it('takes over what they may do from the provider', async () => {
    const { account } = await member(child);
    account.granted = [features.projectDevelopment, features.joinAndCollaborate];
    const first = await complete((await handedOver(account)).requestId);
    const info = async (as: string, userId: string) =>
      (await http('GET', `/api/${userId}/metadata`, { as })).body.privacyFeatures;
    expect(await info(first.sessionKey, first.userId)).toEqual({
      publishData: true,
      allowPublicData: false,
      allowAI: false,
      allowPublicInsts: true,
    });
    account.granted = [features.buildAIEggs, features.publishProjects];
    await complete((await handedOver(account)).requestId);
    const row = await world.ports.table.get({ pk: `USER#${first.userId}`, sk: 'USER' });
    expect(row?.privacyFeatures).toEqual({
      publishData: false,
      allowPublicData: false,
      allowAI: true,
      allowPublicInsts: false,
    });
  });

  it('can be done by name, too', async () => {
    const called = await http('POST', '/api/v3/callProcedure', { body: { procedure: 'requestPrivoLogin', input: {} } });
    expect(called.body).toMatchObject({ success: true, authorizationUrl: expect.any(String) });
  });

  it('keeps nothing in clear with which somebody could go on', async () => {
    const { account, userId } = await member();
    const { requestId, brought } = await handedOver(account);
    const request = JSON.stringify(await world.ports.table.query({ pk: `OIDC#${requestId}` }));
    expect(request).not.toContain(brought.code);
    await complete(requestId);
    const done = (await world.ports.table.query({ pk: `OIDC#${requestId}` }))[0];
    expect(done).not.toHaveProperty('code');
    expect(done).not.toHaveProperty('codeVerifier');
    const sessions = JSON.stringify(await world.ports.table.query({ pk: `USER#${userId}`, beginsWith: 'SESSION#' }));
    expect(sessions).toContain('"provider":"privo"');
    expect(sessions).not.toContain('refresh');
  });
});

describe('a request', () => {
  it('takes one code, once', async () => {
    const { account } = await member();
    const { requestId, brought } = await handedOver(account);
    expect(await post('oauth/code', brought)).toEqual(invalid);
    await complete(requestId);
    expect(await post('oauth/code', brought)).toEqual(invalid);
  });

  it('ends with one session, whoever asks at once', async () => {
    const { account } = await member();
    const { requestId } = await handedOver(account);
    const answers = await Promise.all(Array.from({ length: 10 }, () => complete(requestId)));
    expect(answers.filter(({ success }) => success)).toHaveLength(1);
    expect(answers.filter(({ errorCode }) => errorCode === 'invalid_request')).toHaveLength(9);
    expect(await complete(requestId)).toEqual(invalid);
  });

  it('belongs to the address it was made from', async () => {
    const { account } = await member();
    const { requestId, authorizationUrl } = await start();
    const brought = privo.signIn(authorizationUrl, account);
    const elsewhere = { ip: '198.51.100.7' };
    expect(await post('oauth/code', brought, elsewhere)).toEqual(invalid);
    expect(await complete(requestId, elsewhere)).toEqual(invalid);
    expect((await post('oauth/code', brought)).success).toBe(true);
    expect(await complete(requestId, elsewhere)).toEqual(invalid);
    expect((await complete(requestId)).success).toBe(true);
  });

  it('lives for twenty minutes', async () => {
    const { account } = await member();
    const [one, other] = [await start(), await handedOver(account)];
    clock.advance(20 * 60_000);
    expect(await post('oauth/code', privo.signIn(one.authorizationUrl, account))).toEqual(invalid);
    expect(await complete(one.requestId)).toEqual(invalid);
    expect(await complete(other.requestId)).toEqual(invalid);
  });

  it('that nobody made is refused like any other', async () => {
    expect(await post('oauth/code', { code: 'code', state: 'made up' })).toEqual(invalid);
    expect(await complete('made up')).toEqual(invalid);
  });

  it.each([
    ['oauth/code', { code: '', state: 'state' }, 'code'],
    ['oauth/code', { code: 'code', state: '' }, 'state'],
    ['oauth/complete', { requestId: '' }, 'requestId'],
  ])('to %s says which field is empty', async (path, input, field) => {
    const answer = await post(path, input);
    expect(answer).toMatchObject({ status: 400, errorCode: 'unacceptable_request', issues: [{ path: [field] }] });
  });
});

describe('whom the provider names', () => {
  const endOf = async (account: ReturnType<typeof privo.add>) => complete((await handedOver(account)).requestId);

  it('is refused when nobody here is them', async () => {
    expect(await endOf(privo.add({ email: 'stranger@example.com' }))).toEqual(invalid);
  });

  it('is not joined by an address that the provider has not checked', async () => {
    const { account } = await member();
    account.emailVerified = false;
    expect(await endOf(account)).toEqual(invalid);
  });

  it('is refused when the user of that address is somebody else there', async () => {
    const { account } = await member();
    await endOf(account);
    expect(await endOf(privo.add({ email: account.email }))).toEqual(invalid);
  });

  it('is refused as a parent', async () => {
    expect(await endOf((await member(parent)).account)).toEqual(invalid);
  });

  it('is refused when token and profile name two people', async () => {
    const { account } = await member();
    privo.state.claims = { sub: 'somebody else' };
    expect(await endOf(account)).toEqual(invalid);
  });

  it.each<[string, () => void]>([
    ['for another audience', () => Object.assign(privo.state.claims, { aud: 'another client' })],
    ['of another issuer', () => Object.assign(privo.state.claims, { iss: 'https://elsewhere.example.com' })],
    ['that has expired', () => Object.assign(privo.state.claims, { exp: Math.floor(clock.now() / 1000) - 3_600 })],
    ['signed by somebody else', () => Object.assign(privo.state, { isForged: true })],
  ])('counts for nothing in a token %s', async (_, spoil) => {
    const { account } = await member();
    spoil();
    expect(await endOf(account)).toEqual(invalid);
  });

  it('is refused when banned here', async () => {
    const { userId, account } = await member();
    const key = { pk: `USER#${userId}`, sk: 'USER' };
    const row = await world.ports.table.get(key);
    await world.ports.table.put({ ...row, ...key, banTimeMs: 1, banReason: 'terms_of_service_violation' });
    expect(await endOf(account)).toEqual(refused('user_is_banned', 403));
  });
});

describe('a provider that is down', () => {
  const unavailable = refused('service_unavailable', 503);

  it('is said to be down, and the sign-in goes on when it is back', async () => {
    const { account } = await member();
    const { requestId } = await handedOver(account);
    for (const down of [500, 'silent'] as const) {
      privo.state.down = down;
      const answer = await complete(requestId);
      expect(answer).toEqual(unavailable);
      expect(answer.errorMessage).toContain('Privo');
    }
    privo.state.down = undefined;
    expect((await complete(requestId)).success).toBe(true);
  });

  it('is asked anew for where it is', async () => {
    const other = await startFakePrivo(() => clock.now());
    const { http: ask } = await makeWorld({ privo: other.settings });
    other.state.down = 503;
    const login = () => ask('POST', '/api/v2/login/privo', { body: {} });
    expect((await login()).body.errorCode).toBe('service_unavailable');
    other.state.down = undefined;
    expect((await login()).status).toBe(200);
    await other.close();
  });

  it('or does not know us is the operator’s to mend', async () => {
    const { account } = await member();
    const { requestId } = await handedOver(account);
    privo.state.clientSecret = 'changed';
    const answer = await complete(requestId);
    privo.state.clientSecret = privo.settings.clientSecret ?? '';
    expect([answer.status, answer.errorCode]).toEqual([501, 'not_supported']);
    expect(answer.errorMessage).toContain('client id and secret');
  });
});

describe('the session of a provider', () => {
  it('is revoked with the address where to sign out there, also after it was replaced', async () => {
    const { account } = await member();
    for (const replace of [false, true]) {
      const session = await complete((await handedOver(account)).requestId);
      const { sessionKey } = replace ? await post('replaceSession', {}, { as: session.sessionKey }) : session;
      const revoked = await post('revokeSession', { sessionKey }, { as: sessionKey });
      const url = new URL(revoked.logoutUrl);
      expect(`${url.origin}${url.pathname}`).toBe(`${privo.settings.publicEndpoint}/logout`);
      expect(url.searchParams.get('id_token_hint')?.split('.')).toHaveLength(3);
    }
  });

  it('differs in that from all others', async () => {
    const { sessionKey } = await world.signIn('by-code@example.com');
    expect(await post('revokeSession', { sessionKey }, { as: sessionKey })).toEqual({ status: 200, success: true });
  });
});

describe('without a provider', () => {
  it.each([
    ['login/privo', {}],
    ['oauth/code', { code: 'code', state: 'state' }],
    ['oauth/complete', { requestId: 'request' }],
  ])('%s names the setting, after looking at the input', async (path, input) => {
    const bare = await makeWorld();
    const { status, body } = await bare.http('POST', `/api/v2/${path}`, { body: input });
    expect([status, body.errorCode]).toEqual([501, 'not_supported']);
    expect(body.errorMessage).toContain('PRIVO');
    const wrong = await bare.http('POST', `/api/v2/${path}`, { body: '[]' });
    expect(wrong.status).toBe(400);
  });
});
