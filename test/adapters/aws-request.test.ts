import { afterEach, describe, expect, it } from '@jest/globals';
import { AwsError } from '../../functions/adapters/aws-error.ts';
import type { AwsRequest } from '../../functions/adapters/aws-request.ts';
import { verifyHeaderSignature } from '../../local/sigv4.ts';
import { accessKey, type Reaction, type Service, startService } from '../support/service.ts';

const request: AwsRequest = {
  operation: 'PutItem',
  method: 'POST',
  path: '/',
  headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'DynamoDB_20120810.PutItem' },
  body: '{"a":"ä"}',
  repeatable: true,
};
let service: Service;
afterEach(() => service.close());

/** Sends one request to a service that reacts with these, one after the other; the last one stays. */
async function sent(reactions: readonly Reaction[], more: Partial<AwsRequest> = {}) {
  service = await startService((_request, count) => reactions[Math.min(count, reactions.length - 1)] ?? {});
  return await service.client().send({ ...request, ...more });
}

async function failure(sending: Promise<unknown>): Promise<AwsError> {
  const error: unknown = await sending.then(() => 'nothing was thrown').catch((thrown) => thrown);
  if (error instanceof AwsError) return error;
  throw new Error(`Expected an AwsError, not ${String(error)}`);
}

describe('a request', () => {
  it('arrives signed, with session token, under the path of its endpoint', async () => {
    service = await startService(() => ({ body: 'ok' }));
    const client = service.client({ endpoint: new URL('/stage/', service.endpoint) });
    expect(await client.send({ ...request, path: '/x%3D' })).toMatchObject({ status: 200, body: 'ok' });
    const [received] = service.requests;
    if (!received) throw new Error('nothing was sent');
    expect(received).toMatchObject({
      method: 'POST',
      url: '/stage/x%3D',
      headers: { 'x-amz-security-token': 'token+/=' },
    });
    expect(verifyHeaderSignature(received, () => accessKey.secretAccessKey)).toMatchObject({ ok: true });
  });

  it('keeps its socket for the next one', async () => {
    service = await startService(() => ({ body: 'ok' }));
    const client = service.client();
    for (let i = 0; i < 3; i += 1) await client.send(request);
    expect(service.sockets).toBe(1);
  });
});

describe('an error answer', () => {
  it.each([
    ['a header', { status: 410, headers: { 'x-amzn-errortype': 'GoneException:http://internal/' } }, 'GoneException'],
    [
      'JSON',
      { status: 400, body: { __type: 'com.amazonaws.dynamodb.v20120810#ValidationException', message: 'bad' } },
      'ValidationException',
    ],
    [
      'XML',
      {
        status: 403,
        body: '<ErrorResponse><Error><Code>AuthorizationError</Code><Message>no</Message></Error></ErrorResponse>',
      },
      'AuthorizationError',
    ],
    ['nothing but a status', { status: 404, body: 'not found' }, 'Http404'],
    ['JSON that is none', { status: 400, body: '{broken' }, 'Http400'],
  ])('is named after what %s says, and is not repeated', async (_where, reaction, code) => {
    const error = await failure(sent([reaction]));
    expect(error).toMatchObject({ code, status: reaction.status });
    expect(error.message).toContain(`PutItem: ${code}`);
    expect(service.requests).toHaveLength(1);
  });

  it('keeps the document for who needs more of it', async () => {
    const body = { __type: 'x#ConditionalCheckFailedException', Item: { pk: { S: 'a' } } };
    expect((await failure(sent([{ status: 400, body }]))).details).toEqual(body);
  });
});

describe('passing trouble', () => {
  const busy: Reaction = { status: 400, body: { __type: 'a#ProvisionedThroughputExceededException' } };

  it.each([
    ['throttling', busy],
    ['429', { status: 429 }],
    ['500', { status: 500 }],
    ['503', { status: 503 }],
    ['a conflict with a transaction', { status: 400, body: { __type: 'a#TransactionConflictException' } }],
    ['a broken socket', 'drop'],
  ] as const)('is retried: %s', async (_what, reaction) => {
    expect(await sent([reaction, reaction, { body: 'done' }])).toMatchObject({ body: 'done' });
    expect(service.requests).toHaveLength(3);
  });

  it('is retried with pauses that double up to a bound, a random part of each', async () => {
    await failure(sent([busy]));
    expect(service.requests).toHaveLength(4);
    expect(service.pauses).toEqual([50, 100, 125]);
  });

  it('ends in the last error', async () => {
    expect(await failure(sent(['drop']))).toMatchObject({ code: 'ECONNRESET', status: undefined });
  });

  it('marks an error that follows an attempt of unknown outcome', async () => {
    const lost: Reaction = { status: 400, body: { __type: 'a#ConditionalCheckFailedException' } };
    expect(await failure(sent(['drop', lost]))).toMatchObject({ doubtful: true });
    await service.close();
    expect(await failure(sent([busy, lost]))).toMatchObject({ doubtful: false });
  });

  it('is not retried without an answer when a repeat would do harm', async () => {
    await failure(sent(['drop'], { repeatable: false }));
    expect(service.requests).toHaveLength(1);
    await service.close();
    expect(await sent([{ status: 503 }, { body: 'done' }], { repeatable: false })).toMatchObject({ body: 'done' });
  });

  it('is retried whatever the request when nobody listened', async () => {
    service = await startService(() => ({}));
    const client = service.client();
    await service.close();
    expect(await failure(client.send({ ...request, repeatable: false }))).toMatchObject({ unsent: true });
    expect(service.pauses).toHaveLength(3);
  });

  it('includes silence', async () => {
    service = await startService((_request, count) => (count === 0 ? 'silence' : { body: 'done' }));
    expect(await service.client({ timeoutMs: 50 }).send(request)).toMatchObject({ body: 'done' });
  });
});
