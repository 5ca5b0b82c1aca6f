import { describe, expect, it } from '@jest/globals';
import { accountOrigin, appOrigin, makeWorld } from '../support/world.ts';

const { http, outbox } = await makeWorld();
const evil = 'https://evil.example.com';
const login = (origin: string | undefined, address = 'alice@example.com') =>
  http('POST', '/api/v2/login', {
    body: { address, addressType: 'email' },
    ...(origin === undefined ? {} : { headers: { origin } }),
  });

describe('CasualOS paths', () => {
  it('let pages of the operation’s class call, and read the answer', async () => {
    const { status, headers } = await login(accountOrigin);
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'access-control-allow-origin': accountOrigin,
      'access-control-allow-headers': 'Content-Type, Authorization, Idempotency-Key',
      'content-type': 'application/json; charset=utf-8',
      vary: 'Origin',
    });
  });

  it.each([evil, appOrigin, `${accountOrigin}.evil.com`, `${accountOrigin}:8443`, 'null'])(
    'refuse pages of %s before anything happens',
    async (origin) => {
      const before = outbox.messages.length;
      const { status, body, headers } = await login(origin, 'nobody');
      expect([status, body.errorCode]).toEqual([403, 'invalid_origin']);
      expect(headers).not.toHaveProperty('access-control-allow-origin');
      expect(headers.vary).toBe('Origin');
      expect(outbox.messages).toHaveLength(before);
    },
  );

  it('let pages read refusals', async () => {
    const { status, headers } = await http('POST', '/api/v2/login', { body: '{', headers: { origin: accountOrigin } });
    expect([status, headers['access-control-allow-origin']]).toEqual([400, accountOrigin]);
    const unknown = await http('GET', '/api/v2/unknown', { headers: { origin: appOrigin } });
    expect([unknown.status, unknown.headers['access-control-allow-origin']]).toEqual([404, appOrigin]);
  });

  it('let programs call that send no origin', async () => {
    const { status, headers } = await login(undefined);
    expect(status).toBe(200);
    expect(headers).not.toHaveProperty('access-control-allow-origin');
    expect(headers.vary).toBe('Origin');
  });

  it('let anybody’s pages call what is anybody’s', async () => {
    const { status, headers } = await http('GET', '/api/v2/procedures', { headers: { origin: evil } });
    expect([status, headers['access-control-allow-origin']]).toEqual([200, evil]);
    const call = { headers: { origin: evil }, body: { procedure: 'listProcedures' } };
    expect((await http('POST', '/api/v3/callProcedure', call)).status).toBe(200);
  });

  it('judge a call by the procedure it names', async () => {
    const call = { headers: { origin: appOrigin }, body: { procedure: 'requestLogin', input: {} } };
    expect((await http('POST', '/api/v3/callProcedure', call)).body.errorCode).toBe('invalid_origin');
  });

  it('answer preflights of known origins, and let browsers remember them', async () => {
    for (const origin of [accountOrigin, appOrigin]) {
      const { status, headers, text } = await http('OPTIONS', '/api/v2/login', { headers: { origin } });
      expect([status, text]).toEqual([204, '']);
      expect(headers).toMatchObject({
        'access-control-allow-origin': origin,
        'access-control-allow-headers': 'Content-Type, Authorization, Idempotency-Key',
        'access-control-allow-methods': 'GET, POST, PUT, DELETE, OPTIONS',
        'access-control-max-age': expect.stringMatching(/^\d+$/),
        vary: 'Origin',
      });
    }
  });

  it('refuse preflights of others without repeating their origin', async () => {
    const { status, body, headers } = await http('OPTIONS', '/api/u/metadata', { headers: { origin: evil } });
    expect([status, body.errorCode]).toEqual([403, 'invalid_origin']);
    expect(headers).not.toHaveProperty('access-control-allow-origin');
  });
});

describe('all other paths', () => {
  it('are open to pages of every origin', async () => {
    for (const path of ['/health', '/rooms/lobby/chat', '/nowhere']) {
      const { headers } = await http('GET', path, { headers: { origin: evil } });
      expect(headers['access-control-allow-origin']).toBe('*');
      expect(headers).not.toHaveProperty('access-control-allow-credentials');
      const preflight = await http('OPTIONS', path, { headers: { origin: evil } });
      expect([preflight.status, preflight.headers['access-control-allow-origin']]).toEqual([204, '*']);
    }
  });

  it('say on every answer, refusals included, what pages may send', async () => {
    for (const [method, path] of [
      ['GET', '/health'],
      ['GET', '/api/projects'],
      ['GET', '/nowhere'],
      ['OPTIONS', '/api/keys'],
    ] as const) {
      const { headers } = await http(method, path, { headers: { origin: evil } });
      expect(headers).toMatchObject({
        'access-control-allow-methods': 'GET, POST, PUT, PATCH, DELETE, OPTIONS',
        'access-control-allow-headers': expect.stringContaining('Content-Type, Authorization'),
      });
    }
  });
});

describe('settings', () => {
  it('may list an origin with any port', async () => {
    const { http } = await makeWorld({ accountOrigins: ['http://localhost:*', 'http://[::1]:*'] });
    const ask = async (origin: string) =>
      (await http('POST', '/api/v2/login', { body: {}, headers: { origin } })).body.errorCode;
    for (const origin of ['http://localhost:3000', 'http://localhost', 'http://[::1]:4000']) {
      expect(await ask(origin)).toBe('unacceptable_request');
    }
    for (const origin of ['https://localhost:3000', 'http://localhost.evil.com', 'http://localhost:80.evil.com']) {
      expect(await ask(origin)).toBe('invalid_origin');
    }
  });

  it('may insist on an origin wherever something changes', async () => {
    const { http } = await makeWorld({ requireOrigin: true });
    expect((await http('POST', '/api/v2/login', { body: {} })).body.errorCode).toBe('invalid_origin');
    expect((await http('GET', '/api/v2/sessions')).body.errorCode).toBe('not_logged_in');
  });
});
