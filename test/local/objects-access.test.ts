import { request } from 'node:http';
import {
  AbortMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  DeleteObjectTaggingCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  PutObjectTaggingCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Statement } from '../../local/parts.ts';
import { bucket, everything, type ObjectsWorld, objectsWorld, refusal } from './objects-world.ts';

const allow = (...actions: string[]): Statement => ({ effect: 'Allow', actions, resources: ['arn:aws:s3:::files/*'] });
const functions: Record<string, Statement[]> = {
  writer: [everything],
  nobody: [],
  reader: [allow('s3:GetObject')],
  lister: [allow('s3:GetObject'), { effect: 'Allow', actions: ['s3:ListBucket'], resources: ['arn:aws:s3:::files'] }],
  uploader: [allow('s3:PutObject')],
  tagger: [allow('s3:PutObject', 's3:PutObjectTagging', 's3:PutObjectAcl')],
  forgetful: [everything, { effect: 'Deny', actions: ['s3:DeleteObject'], resources: ['*'] }],
  elsewhere: [{ effect: 'Allow', actions: ['s3:*'], resources: ['arn:aws:s3:::blobs/*'] }],
};

/** What CDK writes for `enforceSSL`, and what opens tagged objects to everyone. */
const policy = [
  {
    Effect: 'Deny',
    Principal: { AWS: '*' },
    Action: 's3:*',
    Resource: ['arn:aws:s3:::files', 'arn:aws:s3:::files/*'],
    Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  },
  {
    Effect: 'Allow',
    Principal: '*',
    Action: 's3:GetObject',
    Resource: 'arn:aws:s3:::files/*',
    Condition: { StringEquals: { 's3:ExistingObjectTag/public': 'true' } },
  },
];
const cors = [
  {
    AllowedOrigins: ['https://app.example.com', 'http://localhost:*'],
    AllowedMethods: ['GET', 'PUT', 'HEAD'],
    AllowedHeaders: ['*'],
    ExposedHeaders: ['ETag'],
    MaxAge: 3000,
  },
  { AllowedOrigins: ['*'], AllowedMethods: ['GET'], AllowedHeaders: ['range'] },
];

const Bucket = 'files';
let world: ObjectsWorld;
let url: (key: string) => string;

beforeAll(async () => {
  world = await objectsWorld([bucket('files', { policy, cors }), bucket('blobs')], functions);
  url = (key) => `${world.endpoint}/${Bucket}/${key}`;
});
afterAll(async () => {
  expect(world.faults).toEqual([]);
  await world.stop();
});
const as = (functionId: string) => world.client(functionId, { requestChecksumCalculation: 'WHEN_REQUIRED' });

describe("a function's role decides", () => {
  beforeAll(() => as('writer').send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x', Tagging: 'a=b' })));
  const at = { Bucket, Key: 'k' };
  const Tagging = { TagSet: [{ Key: 'public', Value: 'true' }] };

  const commands = {
    get: () => new GetObjectCommand(at),
    'get missing': () => new GetObjectCommand({ Bucket, Key: 'missing' }),
    put: () => new PutObjectCommand({ Bucket, Key: 'put', Body: 'x' }),
    'put tagged': () => new PutObjectCommand({ Bucket, Key: 'put', Body: 'x', Tagging: 'a=b' }),
    'put with list': () => new PutObjectCommand({ Bucket, Key: 'put', Body: 'x', ACL: 'bucket-owner-full-control' }),
    'put public': () => new PutObjectCommand({ Bucket, Key: 'put', Body: 'x', ACL: 'public-read' }),
    delete: () => new DeleteObjectCommand(at),
    list: () => new ListObjectsV2Command({ Bucket }),
    tag: () => new PutObjectTaggingCommand({ ...at, Tagging }),
    'read tags': () => new GetObjectTaggingCommand(at),
    untag: () => new DeleteObjectTaggingCommand(at),
    copy: () => new CopyObjectCommand({ Bucket, Key: 'copy', CopySource: 'files/k' }),
    'begin upload': () => new CreateMultipartUploadCommand({ Bucket, Key: 'm' }),
    'abort upload': () => new AbortMultipartUploadCommand({ Bucket, Key: 'm', UploadId: 'x' }),
  };
  it.each<[string, keyof typeof commands, string]>([
    ['nobody', 'get', 'AccessDenied'],
    ['nobody', 'put', 'AccessDenied'],
    ['nobody', 'delete', 'AccessDenied'],
    ['nobody', 'list', 'AccessDenied'],
    ['nobody', 'tag', 'AccessDenied'],
    ['nobody', 'read tags', 'AccessDenied'],
    ['nobody', 'untag', 'AccessDenied'],
    ['nobody', 'begin upload', 'AccessDenied'],
    ['nobody', 'abort upload', 'AccessDenied'],
    ['elsewhere', 'get', 'AccessDenied'],
    ['reader', 'get', 'done'],
    ['reader', 'put', 'AccessDenied'],
    ['reader', 'get missing', 'AccessDenied'],
    ['lister', 'get missing', 'NoSuchKey'],
    ['lister', 'list', 'done'],
    ['uploader', 'put', 'done'],
    ['uploader', 'get', 'AccessDenied'],
    ['uploader', 'put tagged', 'AccessDenied'],
    ['uploader', 'put with list', 'AccessDenied'],
    ['uploader', 'copy', 'AccessDenied'],
    ['reader', 'copy', 'AccessDenied'],
    ['tagger', 'put tagged', 'done'],
    ['tagger', 'put with list', 'done'],
    ['tagger', 'put public', 'AccessControlListNotSupported'],
    ['forgetful', 'delete', 'AccessDenied'],
    ['writer', 'copy', 'done'],
  ])('%s: %s → %s', async (functionId, command, expected) => {
    const client = as(functionId);
    const outcome = await client.send(commands[command]() as GetObjectCommand).then(
      () => 'done',
      (error: Error) => error.name,
    ); // one of many commands; only its outcome counts
    expect(outcome).toBe(expected);
  });

  it('names the caller, the action and the resource it refuses', async () => {
    await expect(as('reader').send(new DeleteObjectCommand(at))).rejects.toThrow(
      'User: reader is not authorized to perform: s3:DeleteObject on resource: "arn:aws:s3:::files/k"',
    );
  });

  it('key by key when many are deleted', async () => {
    await as('writer').send(new PutObjectCommand({ Bucket, Key: 'stays', Body: 'x' }));
    const { Deleted, Errors } = await world
      .client('forgetful')
      .send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: 'stays' }] } }));
    expect(Deleted).toBeUndefined();
    expect(Errors).toMatchObject([{ Key: 'stays', Code: 'AccessDenied' }]);
  });
});

describe('an object tagged public=true', () => {
  const tag = (value: string) =>
    as('writer').send(
      new PutObjectTaggingCommand({ Bucket, Key: 'page', Tagging: { TagSet: [{ Key: 'public', Value: value }] } }),
    );
  beforeAll(() =>
    as('writer').send(new PutObjectCommand({ Bucket, Key: 'page', Body: 'hello', Tagging: 'public=true' })),
  );

  it('is read by its plain URL by anybody', async () => {
    const answer = await fetch(url('page'));
    expect([answer.status, await answer.text()]).toEqual([200, 'hello']);
    expect((await fetch(url('page'), { method: 'HEAD' })).status).toBe(200);
  });

  it('stops being readable the moment the tag changes, and is readable again the moment it is back', async () => {
    await tag('false');
    expect(await refusal(await fetch(url('page')))).toBe('403 AccessDenied');
    await as('writer').send(new DeleteObjectTaggingCommand({ Bucket, Key: 'page' }));
    expect(await refusal(await fetch(url('page')))).toBe('403 AccessDenied');
    await tag('true');
    expect(await refusal(await fetch(url('page')))).toBe('200');
  });

  it.each([
    ['written', '403 AccessDenied', () => fetch(url('page'), { method: 'PUT', body: 'x' })],
    ['deleted', '403 AccessDenied', () => fetch(url('page'), { method: 'DELETE' })],
    ['retagged', '403 AccessDenied', () => fetch(`${url('page')}?tagging`, { method: 'PUT', body: '<Tagging/>' })],
    ['asked for its tags', '403 AccessDenied', () => fetch(`${url('page')}?tagging`)],
    ['shown as something else', '400 InvalidRequest', () => fetch(`${url('page')}?response-content-type=text/html`)],
  ])('is not %s by anybody', async (_what, code, attempt) => {
    expect(await refusal(await attempt())).toBe(code);
  });

  it('says nothing of other objects, whether they are there or not', async () => {
    await as('writer').send(new PutObjectCommand({ Bucket, Key: 'secret', Body: 'x' }));
    expect(await refusal(await fetch(url('secret')))).toBe('403 AccessDenied');
    expect(await refusal(await fetch(url('missing')))).toBe('403 AccessDenied');
    expect(await refusal(await fetch(`${world.endpoint}/${Bucket}?list-type=2`))).toBe('403 AccessDenied');
  });

  it('is private in a bucket without such a policy', async () => {
    await as('writer').send(new PutObjectCommand({ Bucket: 'blobs', Key: 'page', Body: 'x', Tagging: 'public=true' }));
    expect(await refusal(await fetch(`${world.endpoint}/blobs/page`))).toBe('403 AccessDenied');
  });
});

describe('what the store does not have', () => {
  it.each([
    ['an unknown bucket', '404 NoSuchBucket', 'nowhere/key', 'GET'],
    ['another method', '405 MethodNotAllowed', 'files/key', 'PATCH'],
    ['making a bucket', '501 NotImplemented', 'files', 'PUT'],
    ['access control lists', '501 NotImplemented', 'files/key?acl', 'GET'],
    ['versions', '501 NotImplemented', 'files/key?versionId=1', 'GET'],
    ["the bucket's policy", '501 NotImplemented', 'files?policy', 'GET'],
  ])('%s is refused with %s', async (_what, code, path, method) => {
    expect(await refusal(await fetch(`${world.endpoint}/${path}`, { method }))).toBe(code);
  });

  it('is refused as XML that names the request', async () => {
    const answer = await fetch(`${world.endpoint}/nowhere/a%3Cb`);
    expect(answer.headers.get('content-type')).toBe('application/xml');
    const id = answer.headers.get('x-amz-request-id');
    expect(await answer.text()).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchBucket</Code><Message>The specified bucket does not exist' +
        `</Message><BucketName>nowhere</BucketName><Resource>/local/s3/nowhere/a%3Cb</Resource><RequestId>${id}</RequestId></Error>`,
    );
  });
});

/** fetch keeps `origin` and its kin to itself. */
function ask(method: string, path: string, headers: Record<string, string>): Promise<Response> {
  return new Promise((resolve, reject) => {
    const sent = request(url(path), { method, headers }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk) => (text += chunk));
      const received = new Headers(Object.entries(answer.headers).map(([name, value]) => [name, String(value)]));
      answer.on('end', () => resolve(new Response(text, { status: answer.statusCode ?? 0, headers: received })));
    });
    sent.on('error', reject).end();
  });
}

describe('a page of another origin', () => {
  const origin = 'https://app.example.com';
  const preflight = (from: string, method: string, headers = '') =>
    ask('OPTIONS', 'page', {
      origin: from,
      'access-control-request-method': method,
      ...(headers && { 'access-control-request-headers': headers }),
    });

  it('may upload when a rule of the bucket says so', async () => {
    const answer = await preflight(origin, 'PUT', 'Content-Type, X-Amz-Tagging');
    expect(answer.status).toBe(200);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-allow-methods': 'GET, PUT, HEAD',
      'access-control-allow-headers': 'content-type, x-amz-tagging',
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers': 'ETag',
      'access-control-max-age': '3000',
      vary: expect.stringContaining('Origin'),
    });
    expect((await preflight('http://localhost:5173', 'PUT')).status).toBe(200);
  });

  it.each([
    ['from an origin without a rule', 'https://evil.example.com', 'PUT', ''],
    ['with a method without a rule', origin, 'DELETE', ''],
    ['with headers that its rule does not have', 'https://evil.example.com', 'GET', 'x-amz-tagging'],
  ])('is refused with AccessForbidden %s', async (_what, from, method, headers) => {
    expect(await refusal(await preflight(from, method, headers))).toBe('403 AccessForbidden');
  });

  it('must say who it is and what it wants', async () => {
    expect(await refusal(await ask('OPTIONS', 'page', {}))).toBe('400 BadRequest');
    expect(await refusal(await ask('OPTIONS', 'page', { origin }))).toBe('400 BadRequest');
  });

  it('may read answers and refusals alike', async () => {
    const read = await ask('GET', 'page', { origin });
    expect([read.status, read.headers.get('access-control-allow-origin')]).toEqual([200, origin]);
    expect(read.headers.get('access-control-expose-headers')).toBe('ETag');
    const refused = await ask('GET', 'secret', { origin: 'https://other.example.com' });
    expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([403, '*']);
    expect(refused.headers.get('access-control-allow-credentials')).toBeNull();
    const other = await ask('DELETE', 'page', { origin });
    expect(other.headers.get('access-control-allow-origin')).toBeNull();
  });
});
