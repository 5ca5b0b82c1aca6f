import { request as httpRequest } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import { type Event, type GatewayWorld, startGateway } from './fixtures/gateway.ts';

let stop: (() => Promise<void>) | undefined;

async function start(world: GatewayWorld) {
  const started = await startGateway(world);
  stop = started.stop;
  return started;
}

/** A gateway whose functions answer with their own name and the event. */
async function echo(routes: Readonly<Record<string, string>>, more: Partial<GatewayWorld> = {}) {
  const http = Object.entries(routes).map(([routeKey, functionId]) => ({ routeKey, functionId }));
  const ids = [...new Set(Object.values(routes))];
  const handlers = Object.fromEntries(
    ids.map((id) => [id, (event: Event) => ({ statusCode: 200, body: JSON.stringify({ id, event }) })]),
  );
  const { url } = await start({ handlers, http, ...more });
  return async (path: string, init: RequestInit = {}) => {
    const response = await fetch(`${url}${path}`, init);
    const text = await response.text();
    return { status: response.status, text, ...(response.ok ? JSON.parse(text) : {}) };
  };
}

/** A gateway whose one function answers `answer`. */
async function answering(answer: (event: Event) => unknown, more: Partial<GatewayWorld> = {}) {
  const http = [{ routeKey: '$default', functionId: 'Fn' }];
  return await start({ handlers: { Fn: answer }, http, ...more });
}

afterEach(async () => {
  await stop?.();
  stop = undefined;
});

describe('the event', () => {
  it('has payload format 2.0', async () => {
    const ask = await echo({ 'POST /rooms/{id}/chat': 'Fn' });
    const { event } = await ask('/rooms/a%20b/chat?x=1&x=2&y=%C3%A4', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Cookie: 'a=1; b=2', 'X-Thing': 'yes', 'user-agent': 'test/1' },
      body: '{"hello":"wörld"}',
    });
    expect(event).toMatchObject({
      version: '2.0',
      routeKey: 'POST /rooms/{id}/chat',
      rawPath: '/rooms/a%20b/chat',
      rawQueryString: 'x=1&x=2&y=%C3%A4',
      cookies: ['a=1', 'b=2'],
      headers: {
        'content-type': 'application/json',
        'content-length': '18',
        'x-thing': 'yes',
        host: expect.stringMatching(/^localhost:\d+$/),
        'x-forwarded-for': '127.0.0.1',
        'x-forwarded-proto': 'http',
        'x-forwarded-port': expect.stringMatching(/^\d+$/),
        'x-amzn-trace-id': expect.stringMatching(/^Root=1-/),
      },
      queryStringParameters: { x: '1,2', y: 'ä' },
      pathParameters: { id: 'a b' },
      body: '{"hello":"wörld"}',
      isBase64Encoded: false,
      requestContext: {
        accountId: '000000000000',
        apiId: 'HttpApi',
        domainName: expect.stringMatching(/^localhost:\d+$/),
        domainPrefix: expect.stringMatching(/^localhost/),
        http: {
          method: 'POST',
          path: '/rooms/a%20b/chat',
          protocol: 'HTTP/1.1',
          sourceIp: '127.0.0.1',
          userAgent: 'test/1',
        },
        requestId: expect.any(String),
        routeKey: 'POST /rooms/{id}/chat',
        stage: '$default',
        time: expect.stringMatching(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/),
        timeEpoch: expect.any(Number),
      },
    });
    expect(event.headers).not.toHaveProperty('cookie');
    for (const absent of ['path', 'httpMethod', 'resource', 'multiValueHeaders', 'stageVariables']) {
      expect(event).not.toHaveProperty(absent);
    }
  });

  it('leaves out what a bare request does not have', async () => {
    const ask = await echo({ $default: 'Fn' });
    const { event } = await ask('/');
    expect(event).toMatchObject({ rawPath: '/', rawQueryString: '', isBase64Encoded: false });
    expect(event.headers['content-length']).toBe('0');
    for (const absent of ['cookies', 'queryStringParameters', 'pathParameters', 'body']) {
      expect(event).not.toHaveProperty(absent);
    }
  });

  it.each([
    ['application/json', false],
    ['application/json; charset=utf-8', false],
    ['text/csv', false],
    ['application/javascript', false],
    ['application/xml', false],
    ['application/x-www-form-urlencoded', true],
    ['application/octet-stream', true],
    ['multipart/form-data; boundary=x', true],
    ['application/problem+json', true],
  ])('hands over a body of type %s in base64: %s', async (contentType, isBase64Encoded) => {
    const ask = await echo({ $default: 'Fn' });
    const { event } = await ask('/', { method: 'POST', headers: { 'content-type': contentType }, body: 'a=1' });
    expect(event).toMatchObject({ isBase64Encoded, body: isBase64Encoded ? btoa('a=1') : 'a=1' });
  });

  it('joins repeated headers in their order', async () => {
    const { url } = await answering((event) => ({ statusCode: 200, body: event.headers['x-a'] }));
    const text = await new Promise<string>((resolve, reject) => {
      const sent = httpRequest(url, { headers: { 'x-a': ['1', '2'] } }, (response) => {
        response.setEncoding('utf8').on('data', resolve);
      });
      sent.on('error', reject).end();
    });
    expect(text).toBe('1,2');
  });
});

describe('the route', () => {
  const routes = {
    'GET /a/{x}': 'variable',
    'GET /a/b': 'literal',
    'ANY /a/b': 'any',
    'POST /only/{x}': 'post',
    'ANY /{proxy+}': 'greedy',
    'ANY /a/{rest+}': 'longer',
    'GET /api/{proxy+}': 'api',
  };

  it.each([
    ['GET', '/a/b', 'literal'],
    ['POST', '/a/b', 'any'],
    ['GET', '/a/c', 'variable'],
    ['POST', '/a/c', 'longer'],
    ['GET', '/a/c/d', 'longer'],
    ['GET', '/only/c', 'greedy'],
    ['POST', '/only/c', 'post'],
    ['GET', '/other/x/y', 'greedy'],
    ['GET', '/api/v1', 'api'],
    ['POST', '/api/v1', 'greedy'],
    ['GET', '/A/b', 'greedy'],
  ])('of %s %s is the most specific one that takes the method: %s', async (method, path, id) => {
    const ask = await echo(routes);
    expect(await ask(path, { method })).toMatchObject({ id });
  });

  it.each([
    ['GET', '/'],
    ['GET', '/api'],
    ['HEAD', '/api/x'],
    ['PUT', '/b'],
    ['GET', '/b/'],
  ])('of %s %s is none: 404, and nothing runs', async (method, path) => {
    const ask = await echo({ 'GET /api/{proxy+}': 'api', 'GET /b': 'b' });
    const { status, text } = await ask(path, { method });
    expect(status).toBe(404);
    if (method !== 'HEAD') expect(text).toBe('{"message":"Not Found"}');
  });

  it('is $default for whatever no other one takes', async () => {
    const ask = await echo({ 'GET /b': 'b', $default: 'rest' });
    expect(await ask('/b', { method: 'DELETE' })).toMatchObject({ id: 'rest', event: { routeKey: '$default' } });
  });

  it('decodes what greedy variables hold', async () => {
    const ask = await echo({ 'GET /files/{path+}': 'Fn' });
    expect(await ask('/files/a%20b/c')).toMatchObject({ event: { pathParameters: { path: 'a b/c' } } });
  });
});

describe('the answer', () => {
  it('is status, headers, cookies and body of the handler', async () => {
    const { url } = await answering(() => ({
      statusCode: 201,
      headers: {
        'Content-Type': 'text/html',
        'X-Count': 3,
        'x-yes': true,
        connection: 'close',
        'content-length': '999',
      },
      cookies: ['a=1; Path=/', 'b=2'],
      body: '<p>',
    }));
    const response = await fetch(url);
    expect([response.status, await response.text()]).toEqual([201, '<p>']);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/html',
      'x-count': '3',
      'x-yes': 'true',
      'content-length': '3',
      'apigw-requestid': expect.any(String),
    });
    expect(response.headers.getSetCookie()).toEqual(['a=1; Path=/', 'b=2']);
  });

  it('decodes a base64 body', async () => {
    const { url } = await answering(() => ({
      statusCode: 200,
      isBase64Encoded: true,
      body: Buffer.from([0, 255]).toString('base64'),
    }));
    expect([...new Uint8Array(await (await fetch(url)).arrayBuffer())]).toEqual([0, 255]);
  });

  it('is plain text without a content type', async () => {
    const { url } = await answering(() => ({ statusCode: 200, body: 'x' }));
    expect((await fetch(url)).headers.get('content-type')).toBe('text/plain;charset=UTF-8');
  });

  it.each([
    [{ a: 1 }, '{"a":1}'],
    ['hello', '"hello"'],
    [[1], '[1]'],
    [undefined, 'null'],
  ])('without a statusCode (%j) is the whole value as JSON', async (value, text) => {
    const { url } = await answering(() => value);
    const response = await fetch(url);
    expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([
      200,
      'application/json',
      text,
    ]);
  });

  it.each<[string, () => unknown]>([
    ['a body that is no text', () => ({ statusCode: 200, body: { a: 1 } })],
    ['a status that is no number', () => ({ statusCode: '200' })],
    ['a status out of range', () => ({ statusCode: 600 })],
    ['a header that breaks the line', () => ({ statusCode: 200, headers: { a: 'b\r\nc: d' } })],
    ['a throw', () => Promise.reject(new Error('secret'))],
    ['a time-out of the function', () => ({ ok: false, reason: 'timeout', message: 'Task timed out' })],
    ['a crash', () => ({ ok: false, reason: 'crash', message: 'exit 1' })],
  ])('to %s is 500', async (_what, handler) => {
    const { url } = await answering(handler);
    const response = await fetch(url);
    expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([
      500,
      'application/json',
      '{"message":"Internal Server Error"}',
    ]);
  });

  it('that does not come in time is 503', async () => {
    const { url } = await answering(() => new Promise(() => {}), { options: { integrationLimitMs: 10 } });
    const response = await fetch(url);
    expect([response.status, await response.text()]).toEqual([503, '{"message":"Service Unavailable"}']);
  });
});

describe('the limits', () => {
  const tooLarge = [413, '{"message":"Request Entity Too Large"}'];

  it.each([
    ['10 MB of body', 10 * 1024 * 1024 + 1, 'text/plain'],
    ['6 MB of event, where base64 counts', 5 * 1024 * 1024, 'application/octet-stream'],
  ])('refuse more than %s with 413', async (_what, bytes, contentType) => {
    const { url } = await answering(() => ({ statusCode: 200 }));
    const headers = { 'content-type': contentType };
    const response = await fetch(url, { method: 'POST', headers, body: Buffer.alloc(bytes, 'x') });
    expect([response.status, await response.text()]).toEqual(tooLarge);
  });

  it('let 4 MB pass', async () => {
    const { url } = await answering((event) => ({ statusCode: 200, body: String(event.body.length) }));
    const headers = { 'content-type': 'text/plain' };
    const response = await fetch(url, { method: 'POST', headers, body: 'x'.repeat(4 * 1024 * 1024) });
    expect(await response.text()).toBe(String(4 * 1024 * 1024));
  });

  it('refuse request line and headers above 10,240 bytes with 431', async () => {
    const { url } = await answering(() => ({ statusCode: 200 }));
    const response = await fetch(url, { headers: { 'x-long': 'x'.repeat(10_241) } });
    expect([response.status, await response.text()]).toEqual([431, '{"message":"Request Header Fields Too Large"}']);
  });
});

describe('CORS', () => {
  const preflight = {
    method: 'OPTIONS',
    headers: { origin: 'https://a.example', 'access-control-request-method': 'PUT' },
  };
  const handler = () => ({ statusCode: 200, headers: { 'access-control-allow-origin': 'https://handler.example' } });

  it('is the handlers’ affair where the template does not configure it', async () => {
    const { url } = await answering(handler);
    const response = await fetch(url, preflight);
    expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([
      200,
      'https://handler.example',
    ]);
  });

  it('is answered by the gateway where the template does, and the handlers’ headers are dropped', async () => {
    const cors = {
      AllowOrigins: ['https://*'],
      AllowMethods: ['GET', 'PUT'],
      AllowHeaders: ['x-a'],
      ExposeHeaders: ['x-b'],
      MaxAge: 60,
      AllowCredentials: true,
    };
    const { url } = await answering(handler, { cors });
    const asked = await fetch(url, preflight);
    expect([asked.status, Object.fromEntries(asked.headers)]).toMatchObject([
      204,
      {
        'access-control-allow-origin': 'https://a.example',
        'access-control-allow-methods': 'GET,PUT',
        'access-control-allow-headers': 'x-a',
        'access-control-max-age': '60',
        'access-control-allow-credentials': 'true',
      },
    ]);
    const got = await fetch(url, { headers: { origin: 'https://a.example' } });
    expect(Object.fromEntries(got.headers)).toMatchObject({
      'access-control-allow-origin': 'https://a.example',
      'access-control-expose-headers': 'x-b',
    });
    const other = await fetch(url, { headers: { origin: 'http://b.example' } });
    expect(other.headers.get('access-control-allow-origin')).toBeNull();
  });
});
