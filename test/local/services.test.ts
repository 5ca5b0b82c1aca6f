import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { createAsyncInvoke } from '../../local/async-invoke.ts';
import { createAccess } from '../../local/iam.ts';
import type { FunctionPart, SchedulePart, SecretPart, Statement } from '../../local/parts.ts';
import { startSchedules } from '../../local/schedules.ts';
import { createServices, endpoints } from '../../local/services.ts';
import { createFakeLambda } from '../support/fake-lambda.ts';
import { createManualClock } from '../support/local-clock.ts';
import { signedRequest, type Unsigned } from '../support/signed-request.ts';

const secretArn = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:Server-a1b2c3';
const secrets: SecretPart[] = [{ id: 'Server', arn: secretArn, length: 40 }];
const jobs: SchedulePart[] = [
  { id: 'Sweep', functionId: 'Jobs', everyMs: 60_000, input: { job: 'sweep', depth: 1 } },
  { id: 'Plain', functionId: 'Jobs', everyMs: 3_600_000, input: {} },
];

function part(id: string, statements: readonly Statement[]): FunctionPart {
  return { id, codeDir: '', handler: '', environment: {}, timeoutSeconds: 3, memoryMb: 128, statements };
}

function allow(action: string, resource: string): Statement {
  return { effect: 'Allow', actions: [action], resources: [resource] };
}

const account = 'us-east-1:000000000000';
const queue = {
  ...{ id: 'Later', name: 'later', arn: `arn:aws:sqs:${account}:later`, url: '', fifo: false },
  ...{ visibilitySeconds: 30, contentBasedDeduplication: false },
};
const functions = [
  part('Http', [
    allow('ses:SendEmail', `arn:aws:ses:${account}:identity/example.com`),
    allow('sns:Publish', '*'),
    allow('secretsmanager:GetSecretValue', secretArn),
    allow('ssm:GetParameter*', `arn:aws:ssm:${account}:parameter/chorus/*`),
    allow('lambda:InvokeFunction', `arn:aws:lambda:${account}:function:Jobs`),
    allow('scheduler:*', `arn:aws:scheduler:${account}:schedule/default/*`),
    allow('iam:PassRole', `arn:aws:iam::000000000000:role/later`),
  ]),
  part('Jobs', []),
];

function setUp(dataDir?: string) {
  const clock = createManualClock();
  const lambda = createFakeLambda();
  const access = createAccess(functions);
  const lines: string[] = [];
  const sent: [string, string][] = [];
  const invokeAsync = createAsyncInvoke(lambda.invoke, clock, () => {});
  const schedules = startSchedules({ schedules: jobs, invoke: lambda.invoke, invokeAsync, clock });
  const services = createServices({
    assembly: { functions, secrets, queues: [queue] },
    access,
    invoke: lambda.invoke,
    invokeAsync,
    queues: {
      handle: () => Promise.resolve({ status: 200, headers: {}, body: '"queues"' }),
      send: (queueArn, { body }) => {
        sent.push([queueArn, body]);
        return { messageId: 'sent' };
      },
    },
    schedules,
    ownJobs: { 'expire-items': () => Promise.resolve() },
    parameters: { '/chorus/key': 'value' },
    ...(dataDir === undefined ? {} : { dataDir }),
    clock,
    log: (name, line) => lines.push(`${name}: ${line}`),
  });

  async function local(method: string, url: string, body = '') {
    const response = await services.handleLocal({ method, url, headers: {}, body: Buffer.from(body) });
    return { status: response.status, body: JSON.parse(String(response.body)) };
  }
  async function aws(service: string, request: Unsigned, caller = 'Http') {
    const response = await services.handleLocal(signedRequest(access.principalOf(caller), service, request));
    const text = String(response.body);
    const body = text === '' || text.startsWith('<') ? text : JSON.parse(text);
    return { status: response.status, headers: response.headers, body };
  }
  return { clock, lambda, lines, sent, services, local, aws };
}

function mail(from: string, to: string[], text: string): Unsigned {
  return {
    url: '/local/aws/ses/v2/email/outbound-emails',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      FromEmailAddress: from,
      Destination: { ToAddresses: to },
      Content: { Simple: { Subject: { Data: 'Your code' }, Body: { Text: { Data: text } } } },
    }),
  };
}

describe('the outbox', () => {
  it('keeps mails, newest last, with the code in them, and prints them', async () => {
    const { aws, local, lines, clock } = setUp();
    const sent = await aws('ses', mail('Chorus <no-reply@example.com>', ['a@b.c'], 'Your code is 123456.\nBye'));
    expect(sent).toMatchObject({ status: 200, body: { MessageId: expect.any(String) } });
    clock.advance(5);
    await aws('ses', mail('no-reply@example.com', ['d@e.f', 'a@b.c'], 'No code 12345'));
    const all = await local('GET', '/local/outbox');
    expect(all.body).toEqual([
      { to: 'a@b.c', channel: 'email', code: '123456', body: 'Your code is 123456.\nBye', sentAt: clock.now() - 5 },
      { to: 'd@e.f', channel: 'email', code: '', body: 'No code 12345', sentAt: clock.now() },
      { to: 'a@b.c', channel: 'email', code: '', body: 'No code 12345', sentAt: clock.now() },
    ]);
    expect((await local('GET', '/local/outbox?address=d%40e.f')).body).toHaveLength(1);
    expect((await local('GET', '/local/outbox?address=nobody')).body).toEqual([]);
    expect(lines[0]).toBe('outbox: email to a@b.c: Your code is 123456. Bye');
  });

  it('keeps text messages', async () => {
    const { aws, local } = setUp();
    const form = new URLSearchParams({ Action: 'Publish', PhoneNumber: '+15551234567', Message: 'Code 000111' });
    const sent = await aws('sns', { url: '/local/aws/sns/', body: form.toString() });
    expect([sent.status, sent.body]).toEqual([200, expect.stringContaining('<MessageId>')]);
    expect((await local('GET', '/local/outbox?address=%2B15551234567')).body).toMatchObject([
      { channel: 'sms', code: '000111' },
    ]);
    const wrong = new URLSearchParams({ Action: 'Publish', PhoneNumber: 'home', Message: 'x' });
    expect(await aws('sns', { url: '/local/aws/sns', body: wrong.toString() })).toMatchObject({ status: 400 });
  });

  it('gets nothing from a sender that the role does not cover', async () => {
    const { aws, local } = setUp();
    const refused = await aws('ses', mail('boss@elsewhere.org', ['a@b.c'], 'x'));
    expect(refused).toMatchObject({ status: 403, headers: { 'x-amzn-errortype': 'AccessDeniedException' } });
    expect((await aws('ses', mail('a@example.com', ['a@b.c'], 'x'), 'Jobs')).status).toBe(403);
    expect((await local('GET', '/local/outbox')).body).toEqual([]);
  });

  it('cannot be written to by hand', async () => {
    expect((await setUp().local('POST', '/local/outbox')).status).toBe(405);
  });
});

describe('a job', () => {
  it('runs with the body merged into its input, and is waited for', async () => {
    const { local, lambda } = setUp();
    const answer = local('POST', '/local/jobs/sweep', '{"nowMs":5,"depth":2}');
    const run = await lambda.next();
    expect([run.functionId, run.event]).toEqual(['Jobs', { job: 'sweep', depth: 2, nowMs: 5 }]);
    run.answer();
    expect(await answer).toEqual({ status: 200, body: { success: true } });
  });

  it('that fails says so', async () => {
    const { local, lambda } = setUp();
    const answer = local('POST', '/local/jobs/sweep');
    (await lambda.next()).fail('error');
    expect(await answer).toMatchObject({ status: 500, body: { success: false } });
  });

  it('of the runtime itself runs too', async () => {
    expect(await setUp().local('POST', '/local/jobs/expire-items')).toEqual({ status: 200, body: { success: true } });
  });

  it.each([
    ['an unknown name', 'POST', '/local/jobs/nothing', '', 404],
    ['a name every object has', 'POST', '/local/jobs/toString', '', 404],
    ['no name', 'POST', '/local/jobs/', '', 404],
    ['a broken escape', 'POST', '/local/jobs/%E0%A4%A', '', 400],
    ['another method', 'GET', '/local/jobs/sweep', '', 405],
    ['a body that is no JSON', 'POST', '/local/jobs/sweep', '{', 400],
  ])('is refused for %s', async (_, method, url, body, status) => {
    const answer = await setUp().local(method, url, body);
    expect(answer).toMatchObject({ status, body: { success: false } });
  });
});

describe('schedules', () => {
  it('run at their rate with their input, or with the plain event of EventBridge', async () => {
    const { lambda, clock } = setUp();
    clock.advance(59_999);
    expect(lambda.waiting).toBe(0);
    clock.advance(1);
    expect((await lambda.next()).event).toEqual({ job: 'sweep', depth: 1 });
    clock.advance(59 * 60_000);
    expect(lambda.waiting).toBe(60);
    const events = await Promise.all(Array.from({ length: 60 }, () => lambda.next()));
    expect(events.map(({ event }) => event)).toContainEqual({
      version: '0',
      id: expect.any(String),
      'detail-type': 'Scheduled Event',
      source: 'aws.events',
      account: '000000000000',
      time: '2026-11-20T22:00:00Z',
      region: 'us-east-1',
      resources: ['arn:aws:events:us-east-1:000000000000:rule/Plain'],
      detail: {},
    });
  });

  it('are tried twice more when their function fails', async () => {
    const { lambda, clock } = setUp();
    clock.advance(60_000);
    (await lambda.next()).fail('crash');
    await new Promise((resolve) => setImmediate(resolve));
    // The next minute brings its own event beside the first retry.
    clock.advance(60_000);
    expect(lambda.waiting).toBe(2);
  });
});

describe('secrets', () => {
  const get = (SecretId: string): Unsigned => ({
    url: '/local/aws/secretsmanager/',
    headers: { 'x-amz-target': 'secretsmanager.GetSecretValue', 'content-type': 'application/x-amz-json-1.1' },
    body: JSON.stringify({ SecretId }),
  });

  it('are random, of the length the template wants, and stay the same over a restart', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'chorus-test-'));
    const first = await setUp(dataDir).aws('secretsmanager', get(secretArn));
    expect(first.body).toMatchObject({ ARN: secretArn, SecretString: expect.stringMatching(/^[A-Za-z0-9]{40}$/) });
    const second = await setUp(dataDir).aws('secretsmanager', get(secretArn));
    expect(second.body.SecretString).toBe(first.body.SecretString);
    const fresh = await setUp().aws('secretsmanager', get(secretArn));
    expect(fresh.body.SecretString).not.toBe(first.body.SecretString);
    rmSync(dataDir, { recursive: true });
  });

  it('are for roles that may read them', async () => {
    const { aws } = setUp();
    expect(await aws('secretsmanager', get(secretArn), 'Jobs')).toMatchObject({
      status: 400,
      body: { __type: 'AccessDeniedException' },
    });
    expect(await aws('secretsmanager', get('another'))).toMatchObject({ status: 400 });
  });
});

describe('parameters', () => {
  const call = (operation: string, input: unknown): Unsigned => ({
    url: '/local/aws/ssm/',
    headers: { 'x-amz-target': `AmazonSSM.${operation}` },
    body: JSON.stringify(input),
  });

  it('are read one by one or together', async () => {
    const { aws } = setUp();
    const one = await aws('ssm', call('GetParameter', { Name: '/chorus/key', WithDecryption: true }));
    expect(one).toMatchObject({ status: 200, body: { Parameter: { Name: '/chorus/key', Value: 'value' } } });
    const several = await aws('ssm', call('GetParameters', { Names: ['/chorus/key', '/chorus/none'] }));
    expect(several.body).toMatchObject({ Parameters: [{ Value: 'value' }], InvalidParameters: ['/chorus/none'] });
  });

  it('that are missing or not granted are refused', async () => {
    const { aws } = setUp();
    const missing = await aws('ssm', call('GetParameter', { Name: '/chorus/none' }));
    expect(missing).toMatchObject({ status: 400, body: { __type: 'ParameterNotFound' } });
    const foreign = await aws('ssm', call('GetParameters', { Names: ['/chorus/key', '/other'] }));
    expect(foreign).toMatchObject({ status: 400, body: { __type: 'AccessDeniedException' } });
  });
});

describe('one function calling another', () => {
  const invoke = (name: string, type: string, body = '{"a":1}'): Unsigned => ({
    url: `/local/aws/lambda/2015-03-31/functions/${name}/invocations`,
    headers: { 'x-amz-invocation-type': type },
    body,
  });

  it('gets its answer', async () => {
    const { aws, lambda } = setUp();
    const answer = aws('lambda', invoke(`arn%3Aaws%3Alambda%3A${account}%3Afunction%3AJobs`, 'RequestResponse'));
    const run = await lambda.next();
    expect([run.functionId, run.event]).toEqual(['Jobs', { a: 1 }]);
    run.answer({ b: 2 });
    expect(await answer).toMatchObject({ status: 200, body: { b: 2 } });
  });

  it('is told when it failed, in an answer that is 200 all the same', async () => {
    const { aws, lambda } = setUp();
    const answer = aws('lambda', invoke('Jobs', 'RequestResponse'));
    (await lambda.next()).fail('timeout');
    expect(await answer).toMatchObject({
      status: 200,
      headers: { 'x-amz-function-error': 'Unhandled' },
      body: { errorType: 'Sandbox.Timedout', errorMessage: 'Task timed out after 3.00 seconds' },
    });
  });

  it('need not wait for it', async () => {
    const { aws, lambda } = setUp();
    expect(await aws('lambda', invoke('Jobs', 'Event'))).toMatchObject({ status: 202, body: '' });
    expect((await lambda.next()).event).toEqual({ a: 1 });
    const large = JSON.stringify({ text: 'x'.repeat(256 * 1024) });
    expect(await aws('lambda', invoke('Jobs', 'Event', large))).toMatchObject({ status: 413 });
  });

  it('is refused where its role does not say so', async () => {
    const { aws } = setUp();
    expect(await aws('lambda', invoke('Http', 'RequestResponse'))).toMatchObject({ status: 403 });
    expect(await aws('lambda', invoke('Jobs', 'RequestResponse'), 'Jobs')).toMatchObject({ status: 403 });
  });
});

describe('a one-time schedule', () => {
  const create = (name: string, change: Readonly<Record<string, unknown>> = {}): Unsigned => ({
    url: `/local/aws/scheduler/schedules/${name}`,
    body: JSON.stringify({
      ScheduleExpression: 'at(2026-11-20T21:00:10)',
      FlexibleTimeWindow: { Mode: 'OFF' },
      ActionAfterCompletion: 'DELETE',
      Target: {
        Arn: `arn:aws:lambda:${account}:function:Jobs`,
        RoleArn: 'arn:aws:iam::000000000000:role/later',
        Input: '{"wake":"up"}',
      },
      ...change,
    }),
  });
  const remove = (name: string): Unsigned => ({ method: 'DELETE', url: `/local/aws/scheduler/schedules/${name}` });

  it('calls its function once, at its time', async () => {
    const { aws, lambda, clock } = setUp();
    expect(await aws('scheduler', create('wake'))).toMatchObject({
      status: 200,
      body: { ScheduleArn: `arn:aws:scheduler:${account}:schedule/default/wake` },
    });
    expect((await aws('scheduler', create('wake'))).status).toBe(409);
    clock.advance(9_999);
    expect(lambda.waiting).toBe(0);
    clock.advance(1);
    const run = await lambda.next();
    expect([run.functionId, run.event]).toEqual(['Jobs', { wake: 'up' }]);
    expect((await aws('scheduler', remove('wake'))).status).toBe(404);
  });

  it('puts its input into a queue', async () => {
    const { aws, sent, clock } = setUp();
    const Target = { Arn: queue.arn, RoleArn: 'arn:aws:iam::000000000000:role/later', Input: '{"wake":"up"}' };
    expect((await aws('scheduler', create('wake', { Target }))).status).toBe(200);
    clock.advance(10_000);
    expect(sent).toEqual([[queue.arn, '{"wake":"up"}']]);
  });

  it('is called off by deleting it', async () => {
    const { aws, lambda, clock } = setUp();
    await aws('scheduler', create('wake'));
    expect((await aws('scheduler', remove('wake'))).status).toBe(200);
    clock.advance(60_000 - 1);
    expect(lambda.waiting).toBe(0);
  });

  it('survives a restart, and runs late rather than never', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'chorus-test-'));
    await setUp(dataDir).aws('scheduler', create('wake'));
    const { lambda, clock } = setUp(dataDir);
    clock.advance(10_000);
    expect((await lambda.next()).event).toEqual({ wake: 'up' });
    expect((await setUp(dataDir).aws('scheduler', remove('wake'))).status).toBe(404);
    rmSync(dataDir, { recursive: true });
  });

  it.each([
    ['a rate', { ScheduleExpression: 'rate(1 minute)' }, 400],
    ['another time zone', { ScheduleExpressionTimezone: 'Europe/Berlin' }, 400],
    [
      'a target that is no function and no queue',
      { Target: { Arn: 'arn:x', RoleArn: 'arn:aws:iam::000000000000:role/later' } },
      400,
    ],
    [
      'a role it may not pass on',
      { Target: { Arn: `arn:aws:lambda:${account}:function:Jobs`, RoleArn: 'arn:x' } },
      403,
    ],
  ])('is refused with %s', async (_, change, status) => {
    expect((await setUp().aws('scheduler', create('wake', change))).status).toBe(status);
  });
});

describe('the paths under /local', () => {
  it('are those that the endpoint variables name', () => {
    expect(endpoints('http://localhost:4000')).toEqual({
      AWS_ENDPOINT_URL_SQS: 'http://localhost:4000/local/aws/sqs',
      AWS_ENDPOINT_URL_S3: 'http://localhost:4000/local/s3',
      AWS_ENDPOINT_URL_SESV2: 'http://localhost:4000/local/aws/ses',
      AWS_ENDPOINT_URL_SNS: 'http://localhost:4000/local/aws/sns',
      AWS_ENDPOINT_URL_SECRETS_MANAGER: 'http://localhost:4000/local/aws/secretsmanager',
      AWS_ENDPOINT_URL_SSM: 'http://localhost:4000/local/aws/ssm',
      AWS_ENDPOINT_URL_LAMBDA: 'http://localhost:4000/local/aws/lambda',
      AWS_ENDPOINT_URL_SCHEDULER: 'http://localhost:4000/local/aws/scheduler',
    });
  });

  it('lead to the queues by endpoint and by queue URL', async () => {
    const { local } = setUp();
    expect((await local('POST', '/local/aws/sqs/')).body).toBe('queues');
    expect((await local('POST', '/local/sqs/000000000000/work')).body).toBe('queues');
  });

  it('are refused where nothing is', async () => {
    const { local } = setUp();
    expect((await local('GET', '/local/outboxes')).status).toBe(404);
    expect((await local('GET', '/local')).status).toBe(404);
  });
});
