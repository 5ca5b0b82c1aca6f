import { describe, expect, it } from '@jest/globals';
import { type Deviation, softwareAuthenticator } from '../support/authenticator.ts';
import { passkeyPages } from '../support/passkeys.ts';
import { accountOrigin, makeWorld } from '../support/world.ts';

const world = await makeWorld();
const { http, clock } = world;
const pages = passkeyPages(world);

let count = 0;
const newUser = () => world.signIn(`user-${++count}@example.com`);
const optionsPath = '/api/v2/webauthn/register/options';
const refused = [400, 'unacceptable_request'];
const outcome = async (answer: ReturnType<typeof pages.register>) => {
  const { status, body } = await answer;
  return [status, body.errorCode ?? 'success'];
};

describe('registration options', () => {
  it('say who, where and how', async () => {
    const { userId, sessionKey } = await newUser();
    const { status, body } = await http('GET', optionsPath, { as: sessionKey, headers: { origin: accountOrigin } });
    expect([status, body]).toEqual([
      200,
      {
        success: true,
        options: {
          challenge: expect.stringMatching(/^[\w-]{43}$/),
          rp: { name: 'Example', id: 'example.com' },
          user: { id: userId, name: `user-${count}@example.com`, displayName: `user-${count}@example.com` },
          pubKeyCredParams: [-8, -7, -257].map((alg) => ({ type: 'public-key', alg })),
          timeout: 60_000,
          attestation: 'none',
          excludeCredentials: [],
          authenticatorSelection: {
            residentKey: 'preferred',
            requireResidentKey: false,
            userVerification: 'preferred',
            authenticatorAttachment: 'platform',
          },
        },
      },
    ]);
  });

  it('name somebody by phone number and profile, too', async () => {
    const { userId, sessionKey: as } = await world.signIn('+15550100001');
    await http('PUT', `/api/${userId}/metadata`, { as, body: { name: 'Ada' } });
    expect((await pages.registrationOptions(as)).user).toEqual({
      id: userId,
      name: '+15550100001',
      displayName: 'Ada',
    });
  });

  it('exclude what the user has already, and nobody else’s', async () => {
    const { user, authenticator } = await pages.owner(`user-${++count}@example.com`);
    expect((await pages.registrationOptions(user.sessionKey)).excludeCredentials).toEqual([
      { id: authenticator.credentialId, type: 'public-key', transports: ['internal', 'hybrid'] },
    ]);
    expect((await pages.registrationOptions((await newUser()).sessionKey)).excludeCredentials).toEqual([]);
  });

  it('are the same by name, which is passed on to the function they live in', async () => {
    const { sessionKey: as } = await newUser();
    const body = { procedure: 'getWebAuthnRegistrationOptions' };
    const before = world.functions.invoked.length;
    const called = await http('POST', '/api/v3/callProcedure', { as, body, headers: { origin: accountOrigin } });
    expect(called.body).toMatchObject({ success: true, options: { rp: { id: 'example.com' } } });
    expect(called.headers['access-control-allow-origin']).toBe(accountOrigin);
    expect(world.functions.invoked.slice(before).map(([callee]) => callee)).toEqual(['passkeys']);
  });
});

describe('a relying party', () => {
  const ask = async (headers: Record<string, string>, of = http) => {
    const { status, body } = await of('GET', '/api/v2/webauthn/login/options', { headers });
    return [status, body.errorCode ?? body.options.rpId];
  };

  it('is found by the page’s origin, or by the host where there is none', async () => {
    expect(await ask({ origin: accountOrigin })).toEqual([200, 'example.com']);
    expect(await ask({ host: 'account.example.com' })).toEqual([200, 'example.com']);
    expect(await ask({ host: 'abc.execute-api.example.com', 'x-chorus-host': 'account.example.com' })).toEqual([
      200,
      'example.com',
    ]);
  });

  it('is not found for others', async () => {
    expect(await ask({ host: 'api.example.com' })).toEqual([403, 'invalid_origin']);
    expect(await ask({ origin: 'https://evil.example', host: 'account.example.com' })).toEqual([403, 'invalid_origin']);
    const elsewhere = { name: 'Elsewhere', id: 'elsewhere.example', origin: 'https://elsewhere.example' };
    const other = await makeWorld({ relyingParties: [elsewhere] });
    expect(await ask({ origin: accountOrigin, host: 'elsewhere.example' }, other.http)).toEqual([
      403,
      'invalid_origin',
    ]);
  });

  it('may have pages at any port', async () => {
    const party = { name: 'Local', id: 'localhost', origin: 'http://localhost:*' };
    const local = await makeWorld({ relyingParties: [party], accountOrigins: ['http://localhost:*'] });
    for (const host of ['localhost', 'localhost:4000'])
      expect(await ask({ host }, local.http)).toEqual([200, 'localhost']);
    for (const host of ['localhost.evil.example', 'localhost:4000.evil.example'])
      expect(await ask({ host }, local.http)).toEqual([403, 'invalid_origin']);
    const { sessionKey: as } = await local.signIn('ada@example.com');
    const headers = { origin: 'http://localhost:5173' };
    const { body } = await local.http('GET', optionsPath, { as, headers });
    const response = softwareAuthenticator('http://localhost:5173').register(body.options);
    const registered = await local.http('POST', '/api/v2/webauthn/register', { as, headers, body: { response } });
    expect(registered.body).toEqual({ success: true });
  });

  it('has to be configured', async () => {
    const { http: bare, signIn } = await makeWorld({ relyingParties: [] });
    expect(await ask({ origin: accountOrigin }, bare)).toEqual([501, 'not_supported']);
    const { sessionKey: as } = await signIn('ada@example.com');
    expect((await bare('GET', optionsPath, { as })).body).toMatchObject({
      errorCode: 'not_supported',
      errorMessage: expect.stringContaining('WEBAUTHN'),
    });
  });
});

describe('registering a passkey', () => {
  it('keeps it, and tells all but its key', async () => {
    const { userId, sessionKey: as } = await newUser();
    const authenticator = softwareAuthenticator(accountOrigin);
    const response = authenticator.register(await pages.registrationOptions(as));
    const headers = { origin: accountOrigin, 'user-agent': 'A browser' };
    expect((await pages.register(as, response, { headers })).body).toEqual({ success: true });
    expect(await pages.list(as)).toEqual([
      {
        id: expect.any(String),
        aaguid: 'aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa',
        userId,
        credentialId: authenticator.credentialId,
        credentialDeviceType: 'singleDevice',
        credentialBackedUp: false,
        counter: 0,
        transports: ['internal', 'hybrid'],
        registeringUserAgent: 'A browser',
        createdAtMs: clock.now(),
      },
    ]);
  });

  it('works for authenticators that cannot tell who is there, and for fields that browsers add', async () => {
    const { sessionKey: as } = await newUser();
    const sent = softwareAuthenticator(accountOrigin).register(await pages.registrationOptions(as), { flags: 0b1 });
    const more = {
      ...sent,
      authenticatorAttachment: 'platform',
      response: { ...sent.response, publicKeyAlgorithm: -7 },
    };
    expect(await outcome(pages.register(as, more))).toEqual([200, 'success']);
  });

  it('tells of it with the next session', async () => {
    const { user, authenticator } = await pages.owner(`user-${++count}@example.com`);
    const replaced = await http('POST', '/api/v2/replaceSession', { as: user.sessionKey });
    expect(replaced.body.metadata).toMatchObject({
      hasUserAuthenticator: true,
      userAuthenticatorCredentialIds: [authenticator.credentialId],
    });
    expect((await world.signIn(`user-${count}@example.com`)) as object).toMatchObject({
      metadata: { hasUserAuthenticator: true, userAuthenticatorCredentialIds: [authenticator.credentialId] },
    });
  });

  it.each<[string, Deviation]>([
    ['another challenge', { challenge: Buffer.alloc(32).toString('base64url') }],
    ['another page', { origin: 'https://evil.example' }],
    ['a page below', { origin: 'https://account.example.com.evil.example' }],
    ['another domain', { rpId: 'evil.example' }],
    ['nobody present', { flags: 0 }],
    ['certificates that were not asked for', { attestation: { fmt: 'packed', attStmt: new Map([['x5c', []]]) } }],
    ['a statement of another kind', { attestation: { fmt: 'apple', attStmt: new Map() } }],
    ['a signature that does not hold', { attestation: { fmt: 'packed', attStmt: selfSigned() } }],
  ])('refuses a response with %s, and takes the right one after it', async (_, deviation) => {
    const { sessionKey: as } = await newUser();
    const options = await pages.registrationOptions(as);
    const authenticator = softwareAuthenticator(accountOrigin);
    expect(await outcome(pages.register(as, authenticator.register(options, deviation)))).toEqual(refused);
    expect(await pages.list(as)).toEqual([]);
    expect(await outcome(pages.register(as, authenticator.register(options)))).toEqual([200, 'success']);
  });

  it.each([
    ['no client data', { clientDataJSON: '' }],
    ['client data that is no JSON', { clientDataJSON: 'e3s' }],
    ['no attestation', { attestationObject: '' }],
    ['an attestation that is no CBOR', { attestationObject: '____' }],
    ['an attestation that is a number', { attestationObject: 'AA' }],
  ])('refuses a response with %s', async (_, wrong) => {
    const { sessionKey: as } = await newUser();
    const sent = softwareAuthenticator(accountOrigin).register(await pages.registrationOptions(as));
    expect(await outcome(pages.register(as, { ...sent, response: { ...sent.response, ...wrong } }))).toEqual(refused);
  });

  it('refuses a credential under the id of another', async () => {
    const { sessionKey: as } = await newUser();
    const sent = softwareAuthenticator(accountOrigin).register(await pages.registrationOptions(as));
    expect(await outcome(pages.register(as, { ...sent, id: 'b3RoZXI', rawId: 'b3RoZXI' }))).toEqual(refused);
  });

  it('refuses an answer to nothing, to an older challenge, to a late one, and to one that was answered', async () => {
    const { sessionKey: as } = await newUser();
    const authenticator = softwareAuthenticator(accountOrigin);
    const older = await pages.registrationOptions(as);
    const newer = await pages.registrationOptions(as);
    expect(await outcome(pages.register(as, authenticator.register(older)))).toEqual(refused);
    clock.advance(10 * 60_000);
    expect(await outcome(pages.register(as, authenticator.register(newer)))).toEqual(refused);
    const newest = await pages.registrationOptions(as);
    expect(await outcome(pages.register(as, authenticator.register(newest)))).toEqual([200, 'success']);
    const again = softwareAuthenticator(accountOrigin).register(newest);
    expect(await outcome(pages.register(as, again))).toEqual(refused);
    const { sessionKey: other } = await newUser();
    expect(await outcome(pages.register(other, again))).toEqual(refused);
  });

  it('refuses a passkey that somebody has, whoever it is', async () => {
    const { authenticator } = await pages.owner(`user-${++count}@example.com`);
    const { sessionKey: as } = await newUser();
    const response = authenticator.register(await pages.registrationOptions(as));
    expect(await outcome(pages.register(as, response))).toEqual(refused);
    expect(await pages.list(as)).toEqual([]);
  });

  it('of twenty answers to one challenge keeps exactly one', async () => {
    const { sessionKey: as } = await newUser();
    const options = await pages.registrationOptions(as);
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        outcome(pages.register(as, softwareAuthenticator(accountOrigin).register(options))),
      ),
    );
    expect(answers.filter(([status]) => status === 200)).toHaveLength(1);
    expect(answers.filter(([, code]) => code === 'unacceptable_request')).toHaveLength(19);
    expect(await pages.list(as)).toHaveLength(1);
  });

  it('refuses the fifty-first', async () => {
    const { sessionKey: as } = await newUser();
    const add = async () => {
      const options = await pages.registrationOptions(as);
      return outcome(pages.register(as, softwareAuthenticator(accountOrigin).register(options)));
    };
    for (let at = 0; at < 50; at += 1) expect(await add()).toEqual([200, 'success']);
    expect(await add()).toEqual(refused);
  });
});

describe('deleting a passkey', () => {
  it('forgets it, once, and lets it be registered again', async () => {
    const { user, authenticator } = await pages.owner(`user-${++count}@example.com`);
    const as = user.sessionKey;
    const [{ id }] = await pages.list(as);
    const answers = await Promise.all([1, 2, 3].map(() => outcome(pages.remove(as, id))));
    expect(answers.sort()).toEqual([
      [200, 'success'],
      [404, 'not_found'],
      [404, 'not_found'],
    ]);
    expect(await pages.list(as)).toEqual([]);
    expect((await http('POST', '/api/v2/replaceSession', { as })).body.metadata.hasUserAuthenticator).toBe(false);
    const { sessionKey } = await world.signIn(`user-${count}@example.com`);
    const response = authenticator.register(await pages.registrationOptions(sessionKey));
    expect(await outcome(pages.register(sessionKey, response))).toEqual([200, 'success']);
  });

  it('finds neither somebody else’s nor what never was', async () => {
    const { user } = await pages.owner(`user-${++count}@example.com`);
    const [{ id }] = await pages.list(user.sessionKey);
    const { sessionKey: stranger } = await newUser();
    for (const name of [id, 'nothing', '', 'x#y'])
      expect(await outcome(pages.remove(stranger, name))).toEqual([404, 'not_found']);
    expect(await pages.list(user.sessionKey)).toHaveLength(1);
  });
});

function selfSigned(): Map<string, unknown> {
  return new Map<string, unknown>([
    ['alg', -7],
    ['sig', new Uint8Array(70)],
  ]);
}
