import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createAwsClient } from '../../functions/adapters/aws-request.ts';
import { createBlobs } from '../../functions/adapters/blobs.ts';
import { systemClock } from '../../functions/adapters/system.ts';
import type { Blobs } from '../../functions/core/ports.ts';
import type { Statement } from '../../local/parts.ts';
import { bucket, type ObjectsWorld, objectsWorld, refusal } from '../local/objects-world.ts';
import { rememberingBlobs } from '../support/remembering-ports.ts';
import { type Service, startService } from '../support/service.ts';
import { blobsSuite } from '../support/suites/blobs-suite.ts';

const allowed: readonly Statement[] = [
  {
    effect: 'Allow',
    actions: ['s3:PutObject', 's3:GetObject', 's3:DeleteObject'],
    resources: ['arn:aws:s3:::big.values/*'],
  },
  { effect: 'Allow', actions: ['s3:PutObjectAcl'], resources: ['arn:aws:s3:::big.values/messages/*'] },
  { effect: 'Allow', actions: ['s3:ListBucket'], resources: ['arn:aws:s3:::big.values'] },
];

let world: ObjectsWorld;
let blobs: Blobs;
beforeAll(async () => {
  world = await objectsWorld([bucket('big.values')], { writer: allowed });
  const credentials = await world.client().config.credentials();
  const client = createAwsClient({
    endpoint: new URL(`${world.endpoint}/big.values`),
    region: 'us-east-1',
    credentials: {
      accessKeyId: credentials.accessKeyId,
      secretAccessKey: credentials.secretAccessKey,
      sessionToken: 'session',
    },
    service: 's3',
    timeoutMs: 10_000,
    patience: { attempts: 1, firstMs: 1, longestMs: 1 },
    pauses: { clock: systemClock, random: Math.random },
  });
  blobs = createBlobs(client);
});
afterAll(async () => {
  expect(world.faults).toEqual([]);
  await world.stop();
});

blobsSuite('the object store', () => blobs);
const remembered = rememberingBlobs();
blobsSuite('what tests remember', () => remembered);

describe('a message that somebody else puts', () => {
  const headers = { 'content-type': 'application/json', 'x-amz-acl': 'bucket-owner-full-control' };
  const put = (url: string, more: RequestInit = {}) =>
    fetch(url, { method: 'PUT', headers, body: '{"a":"ä"}', ...more });

  it('is read by us, and fetched as JSON by whoever has the URL for it', async () => {
    expect(await refusal(await put(blobs.signUpload('messages/in')))).toBe('200');
    expect(await blobs.get('messages/in')).toBe('{"a":"ä"}');
    await blobs.put('messages/out', '[1]');
    const fetched = await fetch(blobs.signRead('messages/out'));
    expect([fetched.headers.get('content-type'), await fetched.text()]).toEqual(['application/json', '[1]']);
  });

  it.each<[string, RequestInit, string]>([
    ['without the headers that were signed', { headers: {} }, '403 SignatureDoesNotMatch'],
    ['for another owner', { headers: { ...headers, 'x-amz-acl': 'public-read' } }, '403 SignatureDoesNotMatch'],
    ['as something else', { headers: { ...headers, 'content-type': 'text/html' } }, '403 SignatureDoesNotMatch'],
    ['by another method', { method: 'DELETE' }, '403 SignatureDoesNotMatch'],
  ])('is refused %s', async (_, change, code) => {
    expect(await refusal(await put(blobs.signUpload('messages/refused'), change))).toBe(code);
    expect(await blobs.get('messages/refused')).toBeUndefined();
  });

  it('has an hour to come', async () => {
    const url = blobs.signUpload('messages/late');
    world.advance(3_601_000);
    expect(await refusal(await put(url))).toBe('403 AccessDenied');
    world.advance(-1_602_000);
    expect(await refusal(await put(url))).toBe('200');
    world.advance(-1_999_000);
  });

  it('is found by its URL, with a query or without', () => {
    const url = blobs.signUpload('messages/a-b_c');
    expect(blobs.nameIn(url)).toBe('messages/a-b_c');
    expect(blobs.nameIn(url.replace(/\?.*/, ''))).toBe('messages/a-b_c');
  });

  it('is nowhere else: not at another host, in another bucket, or among our own blobs', () => {
    const [url = ''] = blobs.signUpload('messages/x').split('?', 1);
    expect(blobs.nameIn(url.replace('localhost', '127.0.0.1'))).toBeUndefined();
    expect(blobs.nameIn(url.replace('big.values', 'big-values'))).toBeUndefined();
    for (const name of ['texts/x', 'messages/../texts/x', 'messages/%2e%2e/x', 'messages'])
      expect(blobs.nameIn(url.replace('messages/x', name))).toBeUndefined();
    expect(() => blobs.signRead('texts/x')).toThrow(TypeError);
  });
});

describe('a blob in S3', () => {
  let service: Service;
  afterEach(() => service?.close());

  it('is tried again when S3 is busy', async () => {
    service = await startService((_, count) => (count === 0 ? { status: 503 } : { body: 'text' }));
    expect(await createBlobs(service.client({ service: 's3' })).get('n')).toBe('text');
    expect(service.requests.map(({ method, url }) => `${method} ${url}`)).toEqual(['GET /n', 'GET /n']);
  });

  it('is not taken for missing where it must not be read', async () => {
    service = await startService(() => ({ status: 403, body: '<Error><Code>AccessDenied</Code></Error>' }));
    const denied = createBlobs(service.client({ service: 's3' })).get('n');
    await expect(denied).rejects.toMatchObject({ code: 'AccessDenied' });
  });

  it('has no name that signatures spell differently', async () => {
    for (const name of ['a b', 'ä', 'a=b', '']) await expect(blobs.put(name, '')).rejects.toThrow(TypeError);
  });
});
