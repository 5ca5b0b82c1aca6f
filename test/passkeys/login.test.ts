import { describe, expect, it } from '@jest/globals';
import { type Deviation, softwareAuthenticator } from '../support/authenticator.ts';
import { passkeyPages } from '../support/passkeys.ts';
import { accountOrigin, makeWorld, sessionIdIn } from '../support/world.ts';

const world = await makeWorld();
const { http, clock, ports } = world;
const pages = passkeyPages(world);

let count = 0;
const owner = () => pages.owner(`user-${++count}@example.com`);
const refused = [403, 'invalid_request'];
const outcome = async (answer: ReturnType<typeof pages.complete>) => {
  const { status, body } = await answer;
  return [status, body.errorCode ?? 'success'];
};

describe('login options', () => {
  it('are for anybody', async () => {
    const { status, body } = await http('GET', '/api/v2/webauthn/login/options', {
      headers: { origin: accountOrigin },
    });
    expect([status, body]).toEqual([
      200,
      {
        success: true,
        requestId: expect.any(String),
        options: {
          challenge: expect.stringMatching(/^[\w-]{43}$/),
          timeout: 60_000,
          userVerification: 'preferred',
          rpId: 'example.com',
        },
      },
    ]);
  });
});

describe('signing in with a passkey', () => {
  it('answers with a session that holds', async () => {
    const { user, authenticator } = await owner();
    const { requestId, options } = await pages.loginRequest();
    const { status, body } = await pages.complete(requestId, authenticator.login(options));
    expect([status, body]).toEqual([
      200,
      {
        success: true,
        userId: user.userId,
        sessionKey: expect.stringMatching(/^vSK1\./),
        connectionKey: expect.stringMatching(/^vCK1\./),
        expireTimeMs: clock.now() + 14 * 24 * 60 * 60_000,
        metadata: {
          hasUserAuthenticator: true,
          userAuthenticatorCredentialIds: [authenticator.credentialId],
          hasPushSubscription: false,
          pushSubscriptionIds: [],
        },
      },
    ]);
    const sessions = await http('GET', '/api/v2/sessions', { as: body.sessionKey });
    expect(sessions.body.sessions).toHaveLength(2);
    expect((await pages.list(body.sessionKey))[0].counter).toBe(1);
    const key = { pk: `USER#${user.userId}`, sk: `SESSION#${sessionIdIn(body.sessionKey)}` };
    expect(await ports.table.get(key)).toMatchObject({ webAuthnRequestId: requestId });
  });

  it('works by name, in a function that counts nobody twice', async () => {
    const limited = await makeWorld({ rateLimit: { maxHits: 7, windowMs: 60_000 } });
    const limitedPages = passkeyPages(limited);
    const { user, authenticator } = await limitedPages.owner('ada@example.com'); // four requests
    const call = async (procedure: string, input?: object) =>
      (
        await limited.http('POST', '/api/v3/callProcedure', {
          body: { procedure, input },
          headers: { origin: accountOrigin },
        })
      ).body;
    const { requestId, options } = await call('getWebAuthnLoginOptions');
    const response = authenticator.login(options);
    expect(await call('completeWebAuthnLogin', { requestId, response })).toMatchObject({ userId: user.userId });
    expect(await call('completeWebAuthnLogin', { requestId, response })).toMatchObject({
      errorCode: 'invalid_request',
    });
    expect(await call('completeWebAuthnLogin', { requestId, response })).toMatchObject({
      errorCode: 'rate_limit_exceeded',
      totalHits: 8,
    });
  });

  it('counts what comes by its own route', async () => {
    const limited = await makeWorld({ rateLimit: { maxHits: 1, windowMs: 60_000 } });
    const request = () => limited.http('GET', '/api/v2/webauthn/login/options', { headers: { origin: accountOrigin } });
    expect([(await request()).status, (await request()).status]).toEqual([200, 429]);
  });

  it('works for authenticators that count nothing, and for those that do not say who', async () => {
    const { authenticator } = await owner();
    for (const deviation of [{ counter: 0 }, { counter: 0, flags: 0b1 }, { counter: 0, userHandle: '' }]) {
      const { requestId, options } = await pages.loginRequest();
      expect(await outcome(pages.complete(requestId, authenticator.login(options, deviation)))).toEqual([
        200,
        'success',
      ]);
    }
  });

  it('takes a user id that the browser has written as bytes', async () => {
    const { user, authenticator } = await owner();
    const { requestId, options } = await pages.loginRequest();
    const userHandle = Buffer.from(user.userId).toString('base64url');
    expect(await outcome(pages.complete(requestId, authenticator.login(options, { userHandle })))).toEqual([
      200,
      'success',
    ]);
  });

  it.each<[string, Deviation]>([
    ['another challenge', { challenge: Buffer.alloc(32).toString('base64url') }],
    ['another page', { origin: 'https://evil.example' }],
    ['another domain', { rpId: 'evil.example' }],
    ['nobody present', { flags: 0 }],
    ['somebody else’s id', { userHandle: 'somebody' }],
  ])('refuses a response with %s', async (_, deviation) => {
    const { authenticator } = await owner();
    const { requestId, options } = await pages.loginRequest();
    expect(await outcome(pages.complete(requestId, authenticator.login(options, deviation)))).toEqual(refused);
    expect(await outcome(pages.complete(requestId, authenticator.login(options)))).toEqual([200, 'success']);
  });

  it('refuses a signature that does not hold, and one over other data', async () => {
    const { authenticator } = await owner();
    const { requestId, options } = await pages.loginRequest();
    const sent = authenticator.login(options);
    const others = authenticator.login(options);
    const last = sent.response.signature.at(-4) === 'A' ? 'B' : 'A';
    const tampered = sent.response.signature.slice(0, -4) + last + sent.response.signature.slice(-3);
    for (const wrong of [
      { signature: tampered },
      { signature: others.response.signature },
      { signature: '' },
      { signature: '!' },
      { authenticatorData: others.response.authenticatorData },
      { authenticatorData: 'AA' },
      { clientDataJSON: 'e3s' },
    ]) {
      const response = { ...sent, response: { ...sent.response, ...wrong } };
      expect(await outcome(pages.complete(requestId, response))).toEqual(refused);
    }
    expect(await outcome(pages.complete(requestId, sent))).toEqual([200, 'success']);
  });

  it('refuses the passkey of one user under the id of another’s', async () => {
    const [alice, bob] = [await owner(), await owner()];
    const { requestId, options } = await pages.loginRequest();
    const id = bob.authenticator.credentialId;
    const response = { ...alice.authenticator.login(options), id, rawId: id };
    expect(await outcome(pages.complete(requestId, response))).toEqual(refused);
  });

  it('refuses unknown requests, unknown passkeys and deleted ones', async () => {
    const { user, authenticator } = await owner();
    const { requestId, options } = await pages.loginRequest();
    expect(await outcome(pages.complete('unknown', authenticator.login(options)))).toEqual(refused);
    expect(await outcome(pages.complete('', authenticator.login(options)))).toEqual(refused);
    const stranger = softwareAuthenticator(accountOrigin);
    expect(await outcome(pages.complete(requestId, stranger.login(options)))).toEqual(refused);
    const [{ id }] = await pages.list(user.sessionKey);
    await pages.remove(user.sessionKey, id);
    expect(await outcome(pages.complete(requestId, authenticator.login(options)))).toEqual(refused);
  });

  it('refuses what was used, what is late and what comes from elsewhere', async () => {
    const { authenticator } = await owner();
    const used = await pages.loginRequest();
    expect(await outcome(pages.complete(used.requestId, authenticator.login(used.options)))).toEqual([200, 'success']);
    expect(await outcome(pages.complete(used.requestId, authenticator.login(used.options)))).toEqual(refused);

    const [timely, late, moved] = [await pages.loginRequest(), await pages.loginRequest(), await pages.loginRequest()];
    const elsewhere = pages.complete(moved.requestId, authenticator.login(moved.options), { ip: '198.51.100.1' });
    expect(await outcome(elsewhere)).toEqual(refused);
    clock.advance(5 * 60_000 - 1);
    expect(await outcome(pages.complete(timely.requestId, authenticator.login(timely.options)))).toEqual([
      200,
      'success',
    ]);
    clock.advance(1);
    expect(await outcome(pages.complete(late.requestId, authenticator.login(late.options)))).toEqual(refused);
  });

  it('refuses a signature replayed for another request', async () => {
    const { authenticator } = await owner();
    const [one, other] = [await pages.loginRequest(), await pages.loginRequest()];
    const response = authenticator.login(one.options);
    expect(await outcome(pages.complete(other.requestId, response))).toEqual(refused);
    expect(await outcome(pages.complete(one.requestId, response))).toEqual([200, 'success']);
    expect(await outcome(pages.complete(other.requestId, response))).toEqual(refused);
  });

  it('refuses a counter that stands still or goes back', async () => {
    const { authenticator } = await owner();
    const attempt = async (counter: number) => {
      const { requestId, options } = await pages.loginRequest();
      return outcome(pages.complete(requestId, authenticator.login(options, { counter })));
    };
    expect(await attempt(7)).toEqual([200, 'success']);
    for (const counter of [7, 6, 0]) expect(await attempt(counter)).toEqual(refused);
    expect(await attempt(8)).toEqual([200, 'success']);
  });

  it('refuses pages that are nobody’s, before anything else', async () => {
    const { requestId, options } = await pages.loginRequest();
    const { authenticator } = await owner();
    const headers = { origin: 'https://evil.example' };
    const answer = await pages.complete(requestId, authenticator.login(options), { headers });
    expect([answer.status, answer.body.errorCode]).toEqual([403, 'invalid_origin']);
  });

  it('refuses a banned user, whose passkey it is without doubt', async () => {
    const { user, authenticator } = await owner();
    const banned = { text: 'SET #b = :v0, #r = :v1', names: { '#b': 'banTimeMs', '#r': 'banReason' } };
    const values = [clock.now(), 'terms_of_service_violation'];
    await ports.table.update({ pk: `USER#${user.userId}`, sk: 'USER' }, { ...banned, values });
    const { requestId, options } = await pages.loginRequest();
    const { status, body } = await pages.complete(requestId, authenticator.login(options));
    expect([status, body.errorCode, body.banReason]).toEqual([403, 'user_is_banned', 'terms_of_service_violation']);
  });
});

describe('races', () => {
  it('of twenty with one right answer exactly one gets a session', async () => {
    const { user, authenticator } = await owner();
    const { requestId, options } = await pages.loginRequest();
    const response = authenticator.login(options);
    const answers = await Promise.all(Array.from({ length: 20 }, () => outcome(pages.complete(requestId, response))));
    expect(answers.filter(([status]) => status === 200)).toHaveLength(1);
    expect(answers.filter(([, code]) => code === 'invalid_request')).toHaveLength(19);
    expect(await ports.table.query({ pk: `USER#${user.userId}`, beginsWith: 'SESSION#' })).toHaveLength(2);
  });

  it('a copied passkey that counts the same gets in once, however many requests it answers', async () => {
    const { authenticator } = await owner();
    const requests = await Promise.all(Array.from({ length: 10 }, () => pages.loginRequest()));
    const answers = await Promise.all(
      requests.map(({ requestId, options }) =>
        outcome(pages.complete(requestId, authenticator.login(options, { counter: 5 }))),
      ),
    );
    expect(answers.filter(([status]) => status === 200)).toHaveLength(1);
  });
});
