import { mkdtempSync } from 'node:fs';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createLambda, type Lambda } from '../../local/lambda/lambda.ts';
import type { Chaos, FunctionPart } from '../../local/parts.ts';
import { functionPart } from './fixtures/functions.ts';
import { startGateway } from './fixtures/gateway.ts';

const compileCache = mkdtempSync(path.join(tmpdir(), 'compiled-'));
let stop: (() => Promise<void>) | undefined;
let lines: string[] = [];

/** A handler that streams; `answer` begins with status and headers. */
const streaming = (body: string) => `
  export const handler = awslambda.streamifyResponse(async (event, responseStream, context) => {
    const answer = (head) => awslambda.HttpResponseStream.from(responseStream, { headers: { 'content-type': 'text/plain' }, ...head });
    ${body}
  });`;

/** A gateway whose function has an address of its own, to which the edge sends `/stream`. */
async function start(source: string, more: { part?: Partial<FunctionPart>; chaos?: Chaos } = {}) {
  lines = [];
  const lambda: Lambda = createLambda({
    functions: [functionPart('Fn', source, more.part)],
    variables: (part) => part.environment,
    compileCache,
    ...(more.chaos === undefined ? {} : { chaos: more.chaos }),
    log: (part, line) => lines.push(`${part}: ${line}`),
  });
  const host = 'streams.lambda-url.localhost';
  const world = await startGateway({
    handlers: {},
    http: [{ routeKey: '$default', functionId: 'Pages' }],
    urls: [{ id: 'Streams', functionId: 'Fn', host }],
    options: {
      invoke: (functionId, event, sink) =>
        functionId === 'Fn'
          ? lambda.invoke(functionId, event, sink)
          : Promise.resolve({ ok: true, payload: { statusCode: 200, body: 'a page' } }),
    },
    behaviors: [{ pathPattern: '/stream', originHost: host }],
  });
  stop = async () => {
    await world.stop();
    await lambda.stop();
  };
  return { ...world, own: host };
}

/** Asks, and hands pieces over as they come. */
async function ask(url: string, pathname: string, headers: Record<string, string> = {}, body = '') {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const request = httpRequest(`${url}${pathname}`, { method: 'POST', headers, agent: false }, resolve);
  request.on('error', reject);
  request.end(body);
  const response = await promise;
  const pieces = response.setEncoding('utf8')[Symbol.asyncIterator]();
  return {
    status: response.statusCode,
    headers: response.headers,
    next: async () => (await pieces.next()).value as string | undefined,
    async rest() {
      let text = '';
      for (let piece = await pieces.next(); !piece.done; piece = await pieces.next()) text += piece.value;
      return text;
    },
    leave: () => request.destroy(),
  };
}

async function logged(text: string): Promise<void> {
  while (!lines.some((line) => line.includes(text))) await new Promise((resolve) => setImmediate(resolve));
}

afterEach(async () => {
  await stop?.();
  stop = undefined;
});

describe('a function’s own address', () => {
  it('answers in pieces, each of which arrives while the function still runs', async () => {
    const source = `import { once } from 'node:events'; import { createServer } from 'node:http';
      ${streaming(`
        const stream = answer({ statusCode: 201, headers: { 'content-type': 'text/event-stream', 'x-thing': 'yes' } });
        const server = createServer((_request, response) => response.end()).listen(0);
        await once(server, 'listening');
        stream.write('first at ' + server.address().port + ' ');
        await once(server, 'request');
        server.closeAllConnections(); server.close();
        stream.write('sécond ');
        stream.end('last');
      `)}`;
    const { url } = await start(source);
    const answer = await ask(url, '/stream');
    expect(answer).toMatchObject({
      status: 201,
      headers: { 'content-type': 'text/event-stream', 'x-thing': 'yes', 'transfer-encoding': 'chunked' },
    });
    const first = await answer.next();
    // The function goes on when it hears from whoever has read this.
    await fetch(`http://localhost:${/\d+/.exec(`${first}`)?.[0]}`).catch(() => {});
    expect(await answer.rest()).toBe('sécond last');
  });

  it('is where the edge sends its path, and a host; everything else goes to the HTTP API', async () => {
    const { url, own } = await start(
      streaming(`const stream = answer({ statusCode: 200 }); stream.write(JSON.stringify(event)); stream.end();`),
    );
    const event = JSON.parse(
      await (await ask(url, '/stream?a=1', { 'content-type': 'application/json' }, '{"b":2}')).rest(),
    );
    expect(event).toMatchObject({
      version: '2.0',
      routeKey: '$default',
      rawPath: '/stream',
      rawQueryString: 'a=1',
      body: '{"b":2}',
      isBase64Encoded: false,
      requestContext: { apiId: 'Streams', domainName: own, stage: '$default', http: { method: 'POST' } },
    });
    expect(JSON.parse(await (await ask(url, '/anything', { host: own })).rest())).toMatchObject({
      rawPath: '/anything',
    });
    expect(await (await ask(url, '/streams')).rest()).toBe('a page');
  });

  it('passes on much more than a buffered answer may have, and at the client’s pace', async () => {
    const source = streaming(`
      const stream = answer({ statusCode: 200 });
      for (let n = 0; n < 200; n++) await new Promise((resolve) => stream.write('x'.repeat(65536), resolve));
      stream.end();`);
    const { url } = await start(source);
    const answer = await ask(url, '/stream');
    expect((await answer.rest()).length).toBe(200 * 65_536);
  });

  it('refuses an event above 6 MB', async () => {
    const { url } = await start(streaming('responseStream.end()'));
    const answer = await ask(url, '/stream', { 'content-type': 'text/plain' }, 'x'.repeat(6 * 1024 * 1024));
    expect(answer.status).toBe(413);
  });

  it('has no head of its own where the handler says none', async () => {
    const { url } = await start(
      streaming(`responseStream.setContentType('text/csv'); responseStream.write('a,b'); responseStream.end();`),
    );
    const answer = await ask(url, '/stream');
    expect(answer).toMatchObject({ status: 200, headers: { 'content-type': 'text/csv' } });
    expect(await answer.rest()).toBe('a,b');
  });

  it('keeps the head from who writes nothing, as Lambda does', async () => {
    const { url } = await start(streaming(`answer({ statusCode: 204 }).end();`));
    expect((await ask(url, '/stream')).status).toBe(200);
  });
});

describe('a function that fails while it streams', () => {
  it.each([
    ['throws', `throw new Error('no')`, 502],
    ['dies', `process.exit(3)`, 502],
    ['takes too long', `await new Promise(() => {})`, 504],
  ])('before its first word, because it %s, is told by a status', async (_how, body, status) => {
    const { url } = await start(streaming(body), { part: { timeoutSeconds: 1 } });
    expect((await ask(url, '/stream')).status).toBe(status);
  });

  it.each([
    ['throws', `throw new Error('no')`],
    ['dies', `process.exit(3)`],
    ['takes too long', `await new Promise(() => {})`],
  ])(
    'in the middle, because it %s, breaks the connection off: nobody takes half an answer for a whole one',
    async (_how, body) => {
      const source = streaming(`
      const stream = answer({ statusCode: 200 });
      await new Promise((resolve) => stream.write('half', resolve));
      ${body}`);
      const { url } = await start(source, { part: { timeoutSeconds: 1 } });
      const answer = await ask(url, '/stream');
      expect(await answer.next()).toBe('half');
      await expect(answer.rest()).rejects.toThrow('aborted');
    },
  );

  it('by chaos, is broken off too, and the next one is answered', async () => {
    let killAfter: number | undefined = 1;
    const chaos: Chaos = { delayMs: () => 0, duplicates: () => false, killAfter: () => killAfter };
    const source = `import { get } from 'node:http'; ${streaming(`
      const stream = answer({ statusCode: 200 });
      await new Promise((resolve) => stream.write('half', resolve));
      await new Promise((resolve) => get('http://localhost:1').on('error', resolve));
      stream.end(' and half');`)}`;
    const { url } = await start(source, { chaos });
    const answer = await ask(url, '/stream');
    expect(await answer.next()).toBe('half');
    await expect(answer.rest()).rejects.toThrow('aborted');
    killAfter = undefined;
    expect(await (await ask(url, '/stream')).rest()).toBe('half and half');
  });
});

describe('a client that leaves', () => {
  it('ends the handler’s stream, and the environment answers the next one', async () => {
    const source = streaming(`
      const stream = answer({ statusCode: 200 });
      if (event.rawQueryString === 'short') { stream.write('short'); return stream.end(); }
      stream.write('for ever');
      await new Promise((resolve) => stream.on('close', resolve));
      console.log('nobody is left');`);
    const { url } = await start(source);
    const answer = await ask(url, '/stream');
    await answer.next();
    answer.leave();
    await logged('nobody is left');
    expect(await (await ask(url, '/stream?short')).rest()).toBe('short');
  });
});
