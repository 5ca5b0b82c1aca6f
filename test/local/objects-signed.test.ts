import { createHash, createHmac } from 'node:crypto';
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { bucket, type ObjectsWorld, objectsWorld, refusal } from './objects-world.ts';

const Bucket = 'files';
const body = 'the bytes of the object';
const digest = (algorithm: string, encoding: 'hex' | 'base64') => createHash(algorithm).update(body).digest(encoding);
let world: ObjectsWorld;
let s3: S3Client;

beforeAll(async () => {
  world = await objectsWorld([bucket('files')]);
  s3 = world.client('writer', { requestChecksumCalculation: 'WHEN_REQUIRED' });
});
afterAll(async () => {
  expect(world.faults).toEqual([]);
  await world.stop();
});

const stored = async (Key: string) => {
  try {
    return await (await s3.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString();
  } catch {
    return undefined;
  }
};
type SignOptions = Parameters<typeof getSignedUrl>[2];
const presignPut = (Key: string, more: object = {}, options: SignOptions = {}) =>
  getSignedUrl(s3, new PutObjectCommand({ Bucket, Key, ...more }), { expiresIn: 900, ...options });
const presignGet = (Key: string, more: object = {}) => getSignedUrl(s3, new GetObjectCommand({ Bucket, Key, ...more }));

describe('a presigned PUT', () => {
  it('stores the body of whoever has the URL', async () => {
    const answer = await fetch(await presignPut('put'), { method: 'PUT', body, headers: { 'content-type': 'text/x' } });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('etag')).toBe(`"${digest('md5', 'hex')}"`);
    expect(await s3.send(new HeadObjectCommand({ Bucket, Key: 'put' }))).toMatchObject({ ContentType: 'text/x' });
    expect(await stored('put')).toBe(body);
  });

  it('binds the content when its hash is a signed header', async () => {
    const ChecksumSHA256 = digest('sha256', 'base64');
    const url = await presignPut(
      'bound',
      { ChecksumSHA256 },
      { unhoistableHeaders: new Set(['x-amz-checksum-sha256']) },
    );
    const headers = { 'x-amz-checksum-sha256': ChecksumSHA256 };
    expect(await refusal(await fetch(url, { method: 'PUT', body }))).toBe('403 SignatureDoesNotMatch');
    expect(await refusal(await fetch(url, { method: 'PUT', body: 'other', headers }))).toBe('400 BadDigest');
    expect(await stored('bound')).toBeUndefined();
    expect(await refusal(await fetch(url, { method: 'PUT', body, headers }))).toBe('200');
  });

  it('caps the size when content-length is signed', async () => {
    const url = await presignPut(
      'sized',
      { ContentLength: body.length },
      { signableHeaders: new Set(['host', 'content-length']) },
    );
    expect(url).toContain('content-length');
    expect(await refusal(await fetch(url, { method: 'PUT', body: `${body}!` }))).toBe('403 SignatureDoesNotMatch');
    expect(await refusal(await fetch(url, { method: 'PUT', body }))).toBe('200');
  });

  it('of a client left at its defaults carries the checksum of an empty body, and is refused with BadDigest', async () => {
    const careless = world.client('writer');
    const url = await getSignedUrl(careless, new PutObjectCommand({ Bucket, Key: 'trap' }));
    expect(url).toContain('x-amz-checksum-crc32=AAAAAA');
    expect(await refusal(await fetch(url, { method: 'PUT', body }))).toBe('400 BadDigest');
    expect(await stored('trap')).toBeUndefined();
  });

  it('takes tags and the owner-full-control list from signed headers only', async () => {
    const unhoistableHeaders = new Set(['x-amz-tagging', 'x-amz-acl']);
    const more = { Tagging: 'public=true', ACL: 'bucket-owner-full-control' };
    const headers = { 'x-amz-tagging': 'public=true', 'x-amz-acl': 'bucket-owner-full-control' };
    const url = await presignPut('tagged', more, { unhoistableHeaders });
    expect(await refusal(await fetch(url, { method: 'PUT', body, headers }))).toBe('200');
    expect(await s3.send(new GetObjectCommand({ Bucket, Key: 'tagged' }))).toMatchObject({ TagCount: 1 });

    const hoisted = await presignPut('untagged', { Tagging: 'public=true', Metadata: { a: 'b' } });
    expect(await refusal(await fetch(hoisted, { method: 'PUT', body }))).toBe('200');
    const read = await s3.send(new GetObjectCommand({ Bucket, Key: 'untagged' }));
    expect(read.TagCount).toBeUndefined();
    expect(read.Metadata).toEqual({ a: 'b' });
  });

  it('writes once with If-None-Match: *', async () => {
    const url = await presignPut('once');
    const headers = { 'if-none-match': '*' };
    expect(await refusal(await fetch(url, { method: 'PUT', body, headers }))).toBe('200');
    expect(await refusal(await fetch(url, { method: 'PUT', body: 'again', headers }))).toBe('412 PreconditionFailed');
    expect(await stored('once')).toBe(body);
  });

  it('dies with its time', async () => {
    const url = await presignPut('late', {}, { expiresIn: 60 });
    world.advance(61_000);
    const late = await fetch(url, { method: 'PUT', body });
    expect(late.status).toBe(403);
    expect(await late.text()).toMatch(/<Code>AccessDenied<\/Code><Message>Request has expired<\/Message>/);
    world.advance(-61_000);
    expect(await refusal(await fetch(url, { method: 'PUT', body }))).toBe('200');
  });

  const md5 = (value: string) => ({ 'content-md5': value });
  it.each<[string, string, (url: string) => [string, RequestInit]]>([
    ['another key', '403 SignatureDoesNotMatch', (url) => [url.replace('/denied', '/other'), {}]],
    ['another method', '403 SignatureDoesNotMatch', (url) => [url, { method: 'DELETE' }]],
    ['an added parameter', '403 SignatureDoesNotMatch', (url) => [`${url}&partNumber=1`, {}]],
    ['an altered signature', '403 SignatureDoesNotMatch', (url) => [url.replace(/Signature=./, 'Signature=z'), {}]],
    ['an altered time', '403 SignatureDoesNotMatch', (url) => [url.replace('Expires=900', 'Expires=901'), {}]],
    ['no signature at all', '403 AccessDenied', (url) => [url.replace(/\?.*/, ''), {}]],
    [
      'half of the parameters',
      '400 AuthorizationQueryParametersError',
      (url) => [url.replace(/&X-Amz-Date=[^&]*/, ''), {}],
    ],
    ['an expiry above a week', '400 AuthorizationQueryParametersError', (url) => [url.replace('=900', '=604801'), {}]],
    ['an unknown key id', '403 InvalidAccessKeyId', (url) => [url.replace('Credential=ASIA', 'Credential=AKIA'), {}]],
    ['an unsigned x-amz- header', '403 AccessDenied', (url) => [url, { headers: { 'x-amz-tagging': 'public=true' } }]],
    ['a second signature', '400 InvalidArgument', (url) => [url, { headers: { authorization: 'AWS4-HMAC-SHA256 x' } }]],
    ['a wrong Content-MD5', '400 BadDigest', (url) => [url, { headers: md5(createHash('md5').digest('base64')) }]],
    ['an unreadable Content-MD5', '400 InvalidDigest', (url) => [url, { headers: md5('abc') }]],
    [
      'a body of unknown length',
      '411 MissingContentLength',
      (url) => [url, { body: streamed(), duplex: 'half' } as RequestInit],
    ],
    ['a broken path', '400 InvalidURI', (url) => [url.replace('/denied', '/%zz'), {}]],
    ['a key too long', '400 KeyTooLongError', (url) => [url.replace('/denied', `/${'k'.repeat(1025)}`), {}]],
  ])('refuses %s with %s', async (_what, code, change) => {
    const [url, init] = change(await presignPut('denied'));
    expect(await refusal(await fetch(url, { method: 'PUT', body, ...init }))).toBe(code);
    expect(await stored('denied')).toBeUndefined();
  });

  it('refuses more than 5 GB before reading it', async () => {
    const url = await presignPut('huge', { ContentLength: 6 * 1024 ** 3 }, { signableHeaders: new Set(['host']) });
    const { request } = await import('node:http');
    const status = await new Promise((resolve, reject) => {
      const sent = request(url, { method: 'PUT', headers: { 'content-length': 6 * 1024 ** 3 } }, (answer) => {
        answer.resume().on('end', () => resolve(answer.statusCode));
      });
      sent.on('error', reject).flushHeaders();
    });
    expect(status).toBe(400);
  });
});

function streamed(): ReadableStream {
  return new Blob([body]).stream();
}

describe('a presigned GET', () => {
  beforeAll(() => s3.send(new PutObjectCommand({ Bucket, Key: 'get', Body: body, ContentType: 'text/plain' })));

  it('answers the object, a part of it, or its headers alone', async () => {
    const url = await presignGet('get');
    const answer = await fetch(url);
    expect(await answer.text()).toBe(body);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'text/plain',
      'content-length': String(body.length),
      'accept-ranges': 'bytes',
      etag: `"${digest('md5', 'hex')}"`,
      'last-modified': expect.stringMatching(/ GMT$/),
    });
    const part = await fetch(url, { headers: { range: 'bytes=4-8' } });
    expect([part.status, part.headers.get('content-range'), await part.text()]).toEqual([
      206,
      `bytes 4-8/${body.length}`,
      'bytes',
    ]);
    expect(await refusal(await fetch(url, { headers: { range: 'bytes=999-' } }))).toBe('416 InvalidRange');
    const head = await getSignedUrl(s3, new HeadObjectCommand({ Bucket, Key: 'get' }));
    const headed = await fetch(head, { method: 'HEAD' });
    expect([headed.status, headed.headers.get('content-length'), await headed.text()]).toEqual([
      200,
      String(body.length),
      '',
    ]);
  });

  it('overrides the headers it was signed with, and only those', async () => {
    const url = await presignGet('get', {
      ResponseContentType: 'application/x-other',
      ResponseContentDisposition: 'attachment; filename="a.txt"',
    });
    const answer = await fetch(url);
    expect(answer.headers.get('content-type')).toBe('application/x-other');
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="a.txt"');
    expect(await refusal(await fetch(url.replace('x-other', 'x-third')))).toBe('403 SignatureDoesNotMatch');
  });

  it('answers NoSuchKey for an object that is not there', async () => {
    expect(await refusal(await fetch(await presignGet('missing')))).toBe('404 NoSuchKey');
  });

  it('is no upload', async () => {
    const url = await presignGet('get');
    expect(await refusal(await fetch(url, { method: 'PUT', body: 'mine now' }))).toBe('403 SignatureDoesNotMatch');
  });
});

describe('a PUT signed in its headers', () => {
  const sha256 = digest('sha256', 'hex');
  interface Sent {
    url: string;
    body: string;
    headers: Record<string, string>;
  }
  let sent: Sent;
  beforeEach(async () => {
    sent = { url: `${world.endpoint}/${Bucket}/${sha256}.txt`, body, headers: {} };
    const { accessKeyId, secretAccessKey } = await s3.config.credentials();
    const date = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
    const signed: Record<string, string> = {
      'cache-control': 'max-age=31536000',
      'content-length': String(body.length),
      'content-type': 'text/plain',
      host: new URL(sent.url).host,
      'x-amz-content-sha256': sha256,
      'x-amz-date': date,
      'x-amz-tagging': 'public=true',
    };
    const names = Object.keys(signed).join(';');
    const lines = Object.entries(signed).map(([name, value]) => `${name}:${value}\n`);
    const canonical = ['PUT', new URL(sent.url).pathname, '', lines.join(''), names, sha256].join('\n');
    const scope = `${date.slice(0, 8)}/us-east-1/s3/aws4_request`;
    const hash = createHash('sha256').update(canonical).digest('hex');
    const mac = (key: Buffer | string, data: string) => createHmac('sha256', key).update(data).digest();
    const key = scope.split('/').reduce<Buffer | string>(mac, `AWS4${secretAccessKey}`);
    const signature = mac(key, ['AWS4-HMAC-SHA256', date, scope, hash].join('\n')).toString('hex');
    const { host: _host, 'content-length': _length, ...headers } = signed; // fetch sends these itself
    const authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
    sent.headers = { ...headers, authorization };
  });

  it.each<[string, string, (sent: Sent) => void]>([
    [
      'other bytes of the same length',
      '400 XAmzContentSHA256Mismatch',
      (it) => {
        it.body = body.toUpperCase();
      },
    ],
    [
      'other bytes',
      '403 SignatureDoesNotMatch',
      (it) => {
        it.body = 'short';
      },
    ],
    [
      'another hash',
      '403 SignatureDoesNotMatch',
      (it) => {
        it.headers['x-amz-content-sha256'] = sha256.replace(/^./, 'x');
      },
    ],
    [
      'another name',
      '403 SignatureDoesNotMatch',
      (it) => {
        it.url = it.url.replace('.txt', '.png');
      },
    ],
    [
      'another type',
      '403 SignatureDoesNotMatch',
      (it) => {
        it.headers['content-type'] = 'image/png';
      },
    ],
    [
      'other tags',
      '403 SignatureDoesNotMatch',
      (it) => {
        it.headers['x-amz-tagging'] = 'public=false';
      },
    ],
    [
      'a header left out',
      '403 SignatureDoesNotMatch',
      (it) => {
        delete it.headers['cache-control'];
      },
    ],
    [
      'no hash',
      '400 InvalidRequest',
      (it) => {
        delete it.headers['x-amz-content-sha256'];
      },
    ],
    [
      'no signature',
      '403 AccessDenied',
      (it) => {
        delete it.headers.authorization;
      },
    ],
    [
      'another scheme',
      '400 InvalidArgument',
      (it) => {
        it.headers.authorization = 'Bearer x';
      },
    ],
    [
      'a malformed signature',
      '400 AuthorizationHeaderMalformed',
      (it) => {
        it.headers.authorization = 'AWS4-HMAC-SHA256 x';
      },
    ],
    [
      'an added x-amz- header',
      '403 AccessDenied',
      (it) => {
        it.headers['x-amz-meta-a'] = 'b';
      },
    ],
  ])('refuses %s with %s, and stores nothing', async (_what, code, change) => {
    change(sent);
    expect(await refusal(await fetch(sent.url, { method: 'PUT', body: sent.body, headers: sent.headers }))).toBe(code);
    expect(await stored(`${sha256}.txt`)).toBeUndefined();
  });

  it('is refused 16 minutes later', async () => {
    world.advance(16 * 60_000);
    const answer = await fetch(sent.url, { method: 'PUT', body, headers: sent.headers });
    world.advance(-16 * 60_000);
    expect(await refusal(answer)).toBe('403 RequestTimeTooSkewed');
  });

  it('stores exactly what was signed', async () => {
    expect(await refusal(await fetch(sent.url, { method: 'PUT', body, headers: sent.headers }))).toBe('200');
    expect(await s3.send(new HeadObjectCommand({ Bucket, Key: `${sha256}.txt` }))).toMatchObject({
      ContentType: 'text/plain',
      CacheControl: 'max-age=31536000',
      ContentLength: body.length,
    });
  });
});
