import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createLambda, type Lambda, type LambdaOptions } from '../../local/lambda/lambda.ts';
import { platformVariables } from '../../local/lambda/platform.ts';
import type { FunctionPart } from '../../local/parts.ts';
import { functionPart } from './fixtures/functions.ts';

const compileCache = mkdtempSync(path.join(tmpdir(), 'compiled-'));
let running: Lambda | undefined;
let lines: string[] = [];

function lambda(functions: readonly FunctionPart[], options: Partial<LambdaOptions> = {}): Lambda {
  lines = [];
  running = createLambda({
    functions,
    variables: (part) => part.environment,
    compileCache,
    log: (part, line) => lines.push(`${part}: ${line}`),
    ...options,
  });
  return running;
}

afterEach(async () => {
  await running?.stop();
  running = undefined;
});

/** Answers once `text` was logged. */
async function logged(text: string): Promise<void> {
  while (!lines.some((line) => line.includes(text))) await new Promise((resolve) => setImmediate(resolve));
}

describe('an invocation', () => {
  it('hands in the event and Lambda’s context, and answers what the handler returned', async () => {
    const source = `export const handler = async (event, context) => ({
      event, name: context.functionName, version: context.functionVersion, arn: context.invokedFunctionArn,
      memory: context.memoryLimitInMB, id: context.awsRequestId.length,
      left: context.getRemainingTimeInMillis() > 0 && context.getRemainingTimeInMillis() <= 10000 })`;
    const { invoke } = lambda([functionPart('Fn', source)]);
    expect(await invoke('Fn', { a: 1 })).toEqual({
      ok: true,
      payload: {
        event: { a: 1 },
        name: 'Fn',
        version: '$LATEST',
        arn: 'arn:aws:lambda:us-east-1:000000000000:function:Fn',
        memory: '128',
        id: 36,
        left: true,
      },
    });
  });

  it('answers null when the handler returns nothing', async () => {
    const { invoke } = lambda([functionPart('Fn', 'export const handler = async () => {}')]);
    expect(await invoke('Fn', {})).toEqual({ ok: true, payload: null });
  });

  it('sees its own variables and nothing of the host’s', async () => {
    process.env.OF_THE_HOST = 'yes';
    const part = functionPart('Fn', 'export const handler = async () => ({ ...process.env })', {
      environment: { A: '1' },
    });
    const principal = { functionId: 'Fn', accessKeyId: 'ASIA1', secretAccessKey: 'secret' };
    const { invoke } = lambda([part], {
      variables: (each) => ({ ...platformVariables(each, principal), ...each.environment }),
    });
    const outcome = await invoke('Fn', {});
    delete process.env.OF_THE_HOST;
    expect(outcome).toMatchObject({
      ok: true,
      payload: {
        A: '1',
        AWS_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: 'ASIA1',
        AWS_LAMBDA_FUNCTION_NAME: 'Fn',
        AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
        _HANDLER: 'index.handler',
        TZ: ':UTC',
      },
    });
    expect(outcome).not.toHaveProperty('payload.OF_THE_HOST');
    expect(outcome).not.toHaveProperty('payload.NODE_COMPILE_CACHE');
    expect(outcome).not.toHaveProperty('payload.PATH');
  });

  it('runs in the same environment as the one before, with the module’s state', async () => {
    const { invoke } = lambda([functionPart('Fn', 'let n = 0; export const handler = async () => ++n')]);
    expect([await invoke('Fn', {}), await invoke('Fn', {})]).toEqual([
      { ok: true, payload: 1 },
      { ok: true, payload: 2 },
    ]);
  });

  it('prints what the handler prints, line by line, behind the function’s name', async () => {
    const source = `export const handler = async () => { console.log('one\\ntwo'); console.error('three'); }`;
    const { invoke } = lambda([functionPart('Fn', source)]);
    await invoke('Fn', {});
    await Promise.all(['Fn: one', 'Fn: two', 'Fn: three'].map(logged));
  });
});

describe('concurrent invocations', () => {
  it('run in different environments, each with one event at a time', async () => {
    const source = `let inside = 0; let most = 0;
      export const handler = async ({ port }) => {
        most = Math.max(most, ++inside);
        await fetch('http://localhost:' + port);
        inside--;
        return most;
      }`;
    const server = createServer();
    server.listen(0);
    await once(server, 'listening');
    const both = new Promise<void>((resolve) => {
      const answers: (() => void)[] = [];
      server.on('request', (_request, response) => {
        answers.push(() => response.end());
        // Nobody is answered before both are here: so they run at the same time.
        if (answers.length === 2) {
          for (const answer of answers) answer();
          resolve();
        }
      });
    });
    const { invoke } = lambda([functionPart('Fn', source)]);
    const { port } = server.address() as AddressInfo;
    const outcomes = await Promise.all([invoke('Fn', { port }), invoke('Fn', { port })]);
    await both;
    server.closeAllConnections();
    server.close();
    expect(outcomes).toEqual([
      { ok: true, payload: 1 },
      { ok: true, payload: 1 },
    ]);
  });

  it('wait for their turn where the template reserves one environment', async () => {
    const source = `let inside = 0;
      export const handler = async () => {
        if (++inside > 1) throw new Error('two at once');
        await new Promise((resolve) => setTimeout(resolve, 1));
        inside--;
        return true;
      }`;
    const { invoke } = lambda([functionPart('Fn', source, { reservedConcurrency: 1 })]);
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => invoke('Fn', {})));
    expect(outcomes).toEqual(outcomes.map(() => ({ ok: true, payload: true })));
  });
});

describe('a failing invocation', () => {
  const source = `let n = 0;
    export const handler = async ({ how }) => {
      n++;
      if (how === 'throw') throw new TypeError('no');
      if (how === 'exit') process.exit(3);
      if (how === 'late') { setTimeout(() => { throw new Error('late'); }, 0); await new Promise(() => {}); }
      if (how === 'loop') for (;;);
      if (how === 'hang') await new Promise(() => {});
      if (how === 'circle') { const a = {}; a.a = a; return a; }
      if (how === 'big') return 'x'.repeat(7 * 1024 * 1024);
      return n;
    }`;

  it.each([
    ['throw', { ok: false, reason: 'error', message: 'TypeError: no' }],
    ['exit', { ok: false, reason: 'crash', message: 'The environment ended with exit code 3.' }],
    ['late', { ok: false, reason: 'crash', message: 'Error: late' }],
    ['loop', { ok: false, reason: 'timeout', message: 'Task timed out after 1.00 seconds' }],
    ['hang', { ok: false, reason: 'timeout', message: 'Task timed out after 1.00 seconds' }],
    ['big', { ok: false, reason: 'error', message: 'Response payload size exceeded the maximum of 6 MB.' }],
  ])('by %s is told as such, and the next one works', async (how, expected) => {
    const { invoke } = lambda([functionPart('Fn', source, { timeoutSeconds: 1 })]);
    expect(await invoke('Fn', { how })).toEqual(expected);
    expect(await invoke('Fn', {})).toMatchObject({ ok: true });
  });

  it('by an answer that is no JSON is an error', async () => {
    const { invoke } = lambda([functionPart('Fn', source)]);
    expect(await invoke('Fn', { how: 'circle' })).toMatchObject({ ok: false, reason: 'error' });
  });

  it('keeps its environment after a throw, and gets a new one after a crash', async () => {
    const { invoke } = lambda([functionPart('Fn', source)]);
    await invoke('Fn', {});
    await invoke('Fn', { how: 'throw' });
    expect(await invoke('Fn', {})).toEqual({ ok: true, payload: 3 });
    await invoke('Fn', { how: 'exit' });
    expect(await invoke('Fn', {})).toEqual({ ok: true, payload: 1 });
  });

  it('leaves other functions alone', async () => {
    const { invoke } = lambda([functionPart('A', source), functionPart('B', source)]);
    const [crashed, fine] = await Promise.all([invoke('A', { how: 'exit' }), invoke('B', {})]);
    expect(crashed.ok).toBe(false);
    expect(fine).toEqual({ ok: true, payload: 1 });
  });

  it('says what is wrong when the bundle cannot be loaded or lacks the handler', async () => {
    const { invoke } = lambda([
      functionPart('A', 'throw new Error("at load")'),
      functionPart('B', 'export const x = 1'),
    ]);
    expect(await invoke('A', {})).toMatchObject({ ok: false, message: 'Error: at load' });
    expect(await invoke('B', {})).toMatchObject({ ok: false, message: expect.stringContaining('named handler') });
  });

  it('refuses an event above 6 MB', async () => {
    const { invoke } = lambda([functionPart('Fn', source)]);
    expect(await invoke('Fn', 'x'.repeat(7 * 1024 * 1024))).toMatchObject({ ok: false, reason: 'error' });
  });
});

describe('work left running after the return', () => {
  it.each([
    ['a timer', `setTimeout(() => {}, 60000)`, '1 timer(s)'],
    ['a request', `get('http://localhost:1').on('error', () => {})`, '1 request(s) without an answer'],
  ])('is warned about: %s', async (_what, statement, words) => {
    const { invoke } = lambda([
      functionPart('Fn', `import { get } from 'node:http'; export const handler = async () => { ${statement}; }`),
    ]);
    await invoke('Fn', {});
    await logged(`Fn: warning: returned with ${words}`);
  });

  it('is not seen in what was awaited', async () => {
    const source = `export const handler = async () => { await fetch('http://localhost:1').catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 1)); console.log('done'); }`;
    const { invoke } = lambda([functionPart('Fn', source)]);
    await invoke('Fn', {});
    await logged('Fn: done');
    expect(lines).toEqual(['Fn: done']);
  });
});

describe('the port for frames to clients', () => {
  it('is handed to the environment', async () => {
    const source = `import { workerData } from 'node:worker_threads';
      export const handler = ({ frame }) => new Promise((resolve) => {
        workerData.connections.once('message', resolve);
        workerData.connections.postMessage({ n: 1, op: 'post', to: ['a'], frame });
      })`;
    const { invoke } = lambda([functionPart('Fn', source)], {
      connections: () => {
        const { port1, port2 } = new MessageChannel();
        port1.on('message', ({ n, frame }) => port1.postMessage({ n, gone: [frame], failed: [] }));
        return port2;
      },
    });
    expect(await invoke('Fn', { frame: 'hello' })).toEqual({
      ok: true,
      payload: { n: 1, gone: ['hello'], failed: [] },
    });
  });
});

describe('chaos', () => {
  it('kills an invocation at the I/O it names, before that one is sent', async () => {
    const server = createServer((_request, response) => response.end());
    const paths: (string | undefined)[] = [];
    server.on('request', (request) => paths.push(request.url));
    server.listen(0);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const source = `import { get } from 'node:http';
      const call = (path) => new Promise((resolve) => get('http://localhost:${port}' + path, (answer) => answer.resume().on('end', resolve)));
      export const handler = async () => { await call('/1'); await call('/2'); await call('/3'); return 'done'; }`;
    let killAfter: number | undefined = 2;
    const chaos = { delayMs: () => 0, duplicates: () => false, killAfter: () => killAfter };
    const { invoke } = lambda([functionPart('Fn', source)], { chaos });
    expect(await invoke('Fn', {})).toMatchObject({ ok: false, reason: 'crash' });
    expect(paths).toEqual(['/1']);
    killAfter = undefined;
    expect(await invoke('Fn', {})).toEqual({ ok: true, payload: 'done' });
    server.closeAllConnections();
    server.close();
  });
});

describe('reloading', () => {
  it('runs the new code from the next event on, and lets the old one end', async () => {
    const part = functionPart('Fn', `export const handler = async () => 'old'`);
    const { invoke, replace } = lambda([part]);
    expect(await invoke('Fn', {})).toEqual({ ok: true, payload: 'old' });
    const before = invoke('Fn', {});
    writeFileSync(path.join(part.codeDir, 'index.mjs'), `export const handler = async () => 'new'`);
    replace(['Fn']);
    expect(await before).toEqual({ ok: true, payload: 'old' });
    expect(await invoke('Fn', {})).toEqual({ ok: true, payload: 'new' });
  });
});
