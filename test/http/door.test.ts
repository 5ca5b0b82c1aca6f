import { describe, expect, it } from '@jest/globals';
import { httpOver } from '../support/http.ts';
import { accountOrigin, makeWorld } from '../support/world.ts';

const world = await makeWorld();
const { http, ports } = world;
const login = { address: 'alice@example.com', addressType: 'email' };

describe('routes', () => {
  it.each([
    ['GET', '/api/v2/login'],
    ['DELETE', '/api/v2/login'],
    ['POST', '/api/v2/login/'],
    ['POST', '/api/v2/Login'],
    ['GET', '/api/v2'],
    ['GET', '/api/v3/callProcedure'],
    ['DELETE', '/api/someone/metadata'],
    ['GET', '/api/config/'],
  ])('%s %s is unknown in CasualOS’s words', async (method, path) => {
    const { status, body } = await http(method, path, method === 'POST' ? { body: {} } : {});
    const isCasualOs = path !== '/api/config/';
    expect([status, body]).toEqual([
      404,
      isCasualOs
        ? { success: false, errorCode: 'operation_not_found', errorMessage: expect.any(String) }
        : { error: 'Not found' },
    ]);
  });

  it.each([
    ['GET', '/nowhere'],
    ['POST', '/health'],
    ['GET', '/rooms//chat'],
    ['GET', '/rooms/a/b/chat'],
    ['POST', '/'],
  ])('%s %s is unknown in plain words', async (method, path) => {
    const { status, body } = await http(method, path);
    expect([status, body]).toEqual([404, { error: 'Not found' }]);
  });

  it('answer health checks', async () => {
    const { status, body, headers } = await http('GET', '/health');
    expect([status, body]).toEqual([200, { status: 'ok', environment: 'production' }]);
    expect(headers['content-type']).toBe('application/json; charset=utf-8');
  });

  it('take any text as a path variable', async () => {
    for (const roomId of ['a/b', '%23', 'a b#c', '__proto__', 'Größe', '100%']) {
      const { body } = await http('GET', `/rooms/${encodeURIComponent(roomId)}/chat`);
      expect(body).toEqual({ roomId, messages: [] });
      const routed = await http('GET', `/rooms/${roomId}/chat`, {
        routeKey: 'GET /rooms/{roomId}/chat',
        pathParameters: { roomId },
      });
      expect(routed.body).toEqual({ roomId, messages: [] });
    }
    expect((await http('GET', '/rooms/100%/chat')).body).toEqual({ roomId: '100%', messages: [] });
  });
});

describe('bodies', () => {
  it('are JSON whatever their content type, and may come in base64', async () => {
    for (const base64 of [false, true]) {
      const headers = { 'content-type': 'text/plain' };
      expect((await http('POST', '/api/v2/login', { body: login, base64, headers })).status).toBe(200);
    }
  });

  it('may hold fields that nobody knows', async () => {
    const body = `{"address":"bob@example.com","addressType":"email","more":[],"__proto__":{"comId":"x"}}`;
    expect((await http('POST', '/api/v2/login', { body })).status).toBe(200);
  });

  it('are ignored where the operation takes none', async () => {
    const { sessionKey } = await world.signIn('carol@example.com');
    for (const body of [undefined, '', '{', '[]']) {
      expect((await http('POST', '/api/v2/replaceSession', { body })).body.errorCode).toBe('not_logged_in');
    }
    expect((await http('POST', '/api/v2/logout', { body: 'no JSON', as: sessionKey })).status).toBe(200);
  });
});

describe('calling by name', () => {
  const call = async (body: unknown) => {
    const answer = await http('POST', '/api/v3/callProcedure', { body });
    return [answer.status, answer.body.errorCode ?? 'success'];
  };

  it('answers as the path of the procedure does', async () => {
    expect(await call({ procedure: 'requestLogin', input: { ...login, address: 'dave@example.com' } })).toEqual([
      200,
      'success',
    ]);
    expect(await call({ procedure: 'listSessions' })).toEqual([401, 'not_logged_in']);
  });

  it.each(['constructor', '__proto__', 'toString', 'hasOwnProperty', 'health', 'logout', 'auth.requestLogin', ''])(
    'knows no procedure %j',
    async (procedure) => {
      expect(await call({ procedure, input: {} })).toEqual([404, 'not_found']);
    },
  );

  it.each([{}, { procedure: 7 }, { procedure: null }, { procedure: ['requestLogin'] }])('refuses %j', async (body) => {
    expect(await call(body)).toEqual([400, 'unacceptable_request']);
  });

  it('validates inputs of any kind', async () => {
    for (const input of [7, 'text', [], { address: {} }]) {
      expect(await call({ procedure: 'requestLogin', input })).toEqual([400, 'unacceptable_request']);
    }
  });
});

describe('failures', () => {
  it('that nobody expected say nothing of their cause', async () => {
    const broken = new Proxy(ports.table, {
      get: () => () => Promise.reject(new Error('the secret name of a table')),
    });
    const failing = httpOver({ ...ports, table: broken });
    const answer = await failing('POST', '/api/v2/login', { body: login });
    expect([answer.status, answer.body]).toEqual([
      500,
      { success: false, errorCode: 'server_error', errorMessage: 'A server error occurred.' },
    ]);
    const plain = await failing('GET', '/rooms/lobby/chat');
    expect([plain.status, plain.body]).toEqual([500, { error: 'Internal server error' }]);
    expect(world.log.errors.map(({ cause }) => String(cause))).toContain('Error: the secret name of a table');
  });

  it('to be in time are told before the function is ended', async () => {
    const stuck = new Proxy(ports.table, { get: () => () => new Promise(() => {}) });
    const slow = httpOver({ ...ports, table: stuck });
    const answer = await slow('POST', '/api/v2/login', {
      body: login,
      remainingMs: 501,
      headers: { origin: accountOrigin },
    });
    expect([answer.status, answer.body.errorCode]).toEqual([504, 'took_too_long']);
    expect(answer.headers['access-control-allow-origin']).toBe(accountOrigin);
    const plain = await slow('GET', '/rooms/lobby/chat', { remainingMs: 501 });
    expect([plain.status, plain.body]).toEqual([503, { error: expect.any(String) }]);
  });

  it('are never kept by browsers or proxies', async () => {
    const { headers } = await http('POST', '/api/v2/login', { body: {} });
    expect([headers['cache-control'], headers['x-content-type-options']]).toEqual(['no-store', 'nosniff']);
  });
});

describe('the source address', () => {
  const viewer = { 'x-chorus-viewer': '198.51.100.7', 'x-forwarded-for': '198.51.100.8' };
  const sourceWith = async (headers: Record<string, string>) => {
    const address = `source-${Object.values(headers).join('').length}@example.com`;
    const { body } = await http('POST', '/api/v2/login', { body: { address, addressType: 'email' }, headers });
    const { userId, requestId } = body;
    return (await ports.table.get({ pk: `USER#${userId}`, sk: `LOGIN#${requestId}` }))?.ip;
  };

  it('is what the gateway saw', async () => {
    expect(await sourceWith({})).toBe('203.0.113.9');
    expect(await sourceWith(viewer)).toBe('203.0.113.9');
    expect(await sourceWith({ ...viewer, 'x-chorus-edge': 'a guess' })).toBe('203.0.113.9');
  });

  it('is what our own edge saw, when it proves to be ours', async () => {
    const edge = { 'x-chorus-edge': 'the edge is ours' };
    expect(await sourceWith({ ...viewer, ...edge })).toBe('198.51.100.7');
    expect(await sourceWith({ ...edge, 'x-chorus-viewer': '2001:db8::7' })).toBe('2001:db8::7');
    expect(await sourceWith(edge)).toBe('203.0.113.9');
  });
});
