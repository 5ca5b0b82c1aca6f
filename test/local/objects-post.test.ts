import { createHash } from 'node:crypto';
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sign } from '../../local/sigv4-canonical.ts';
import { bucket, everything, type ObjectsWorld, objectsWorld, refusal } from './objects-world.ts';

const Bucket = 'files';
let world: ObjectsWorld;
let s3: S3Client;
beforeAll(async () => {
  world = await objectsWorld([bucket('files')], { writer: [everything], nobody: [] });
  s3 = world.client();
});
afterAll(async () => {
  expect(world.faults).toEqual([]);
  await world.stop();
});

interface Post {
  /** Conditions besides those for bucket and signature. */
  conditions: unknown[];
  /** Fields besides those of the signature. */
  fields: Record<string, string>;
  file?: string;
  functionId?: string;
  expiresInMs?: number;
  /** Changes the finished form. */
  alter?: (form: FormData) => void;
}

async function post({
  conditions,
  fields,
  file = 'the file',
  functionId = 'writer',
  expiresInMs = 60_000,
  alter,
}: Post) {
  const { accessKeyId, secretAccessKey } = await world.client(functionId).config.credentials();
  const date = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const scope = { day: date.slice(0, 8), region: 'us-east-1', service: 's3' };
  const signing = {
    'x-amz-algorithm': 'AWS4-HMAC-SHA256',
    'x-amz-credential': `${accessKeyId}/${scope.day}/us-east-1/s3/aws4_request`,
    'x-amz-date': date,
    'x-amz-security-token': 'session',
  };
  const document = {
    expiration: new Date(Date.now() + expiresInMs).toISOString(),
    conditions: [
      { bucket: Bucket },
      ...Object.entries(signing).map(([name, value]) => ({ [name]: value })),
      ...conditions,
    ],
  };
  const policy = Buffer.from(JSON.stringify(document)).toString('base64');
  const form = new FormData();
  for (const [name, value] of Object.entries({ ...signing, ...fields, policy })) form.set(name, value);
  form.set('X-Amz-Signature', sign(secretAccessKey, scope, policy));
  form.set('file', new Blob([file]), 'my photo.png');
  alter?.(form);
  return fetch(`${world.endpoint}/${Bucket}`, { method: 'POST', body: form, redirect: 'manual' });
}

const read = async (Key: string) => {
  const answer = await s3.send(new GetObjectCommand({ Bucket, Key }));
  return { ...answer, text: await answer.Body?.transformToString() };
};

describe('a POST form', () => {
  it('uploads what its policy allows', async () => {
    const file = 'x'.repeat(200_000);
    const answer = await post({
      conditions: [
        ['starts-with', '$key', 'user/1/'],
        ['eq', '$Content-Type', 'image/png'],
        ['content-length-range', 1, 300_000],
        ['starts-with', '$x-amz-meta-note', ''],
        { tagging: '<Tagging><TagSet><Tag><Key>public</Key><Value>true</Value></Tag></TagSet></Tagging>' },
      ],
      fields: {
        key: 'user/1/${' + 'filename}',
        'Content-Type': 'image/png',
        'x-amz-meta-note': 'hi',
        tagging: '<Tagging><TagSet><Tag><Key>public</Key><Value>true</Value></Tag></TagSet></Tagging>',
      },
      file,
    });
    expect([answer.status, await answer.text()]).toEqual([204, '']);
    expect(answer.headers.get('etag')).toBe(`"${createHash('md5').update(file).digest('hex')}"`);
    const stored = await read('user/1/my photo.png');
    expect(stored).toMatchObject({ ContentType: 'image/png', Metadata: { note: 'hi' }, TagCount: 1 });
    expect(stored.text === file).toBe(true);
  });

  it.each(['--', '\r\n', '\r\n--', '', '\r\n------WebKitFormBoundary'])('keeps the file %j as it is', async (file) => {
    await post({ conditions: [{ key: 'odd' }], fields: { key: 'odd' }, file });
    expect((await read('odd')).text).toBe(file);
  });

  it.each([
    [{}, 204, ''],
    [{ success_action_status: '200' }, 200, ''],
    [{ success_action_status: '404' }, 204, ''],
    [{ success_action_status: '201' }, 201, '<Key>done</Key>'],
    [{ success_action_redirect: 'http://localhost/done?a=1' }, 303, ''],
  ])('answers as it was told to: %j', async (fields, status, body) => {
    const conditions = [{ key: 'done' }, ...Object.entries(fields).map(([name, value]) => ({ [name]: value }))];
    const answer = await post({ conditions, fields: { key: 'done', ...fields } });
    expect(answer.status).toBe(status);
    expect(await answer.text()).toContain(body);
    if (status === 303)
      expect(answer.headers.get('location')).toMatch(/^http:\/\/localhost\/done\?a=1&bucket=files&key=done&etag=/);
  });

  const key = { key: 'refused' };
  it.each<[string, string, Partial<Post>]>([
    ['another key than the policy says', '403 AccessDenied', { fields: { key: 'other' } }],
    ['a key outside its prefix', '403 AccessDenied', { conditions: [['starts-with', '$key', 'user/']] }],
    ['a field without a condition', '403 AccessDenied', { fields: { ...key, 'x-amz-meta-a': 'b' } }],
    ['a missing field that a condition names', '403 AccessDenied', { conditions: [key, ['eq', '$acl', 'private']] }],
    ['a policy after its time', '403 AccessDenied', { expiresInMs: -1 }],
    ['a bucket that is not in the policy', '403 AccessDenied', { conditions: [key, { bucket: 'other' }] }],
    ['too small a file', '400 EntityTooSmall', { conditions: [key, ['content-length-range', 9, 100]] }],
    ['too large a file', '400 EntityTooLarge', { conditions: [key, ['content-length-range', 0, 7]] }],
    ['a signer who may not write', '403 AccessDenied', { functionId: 'nobody' }],
    ['a condition nobody knows', '400 InvalidPolicyDocument', { conditions: [key, ['ends-with', '$key', 'd']] }],
    [
      'a public list',
      '400 AccessControlListNotSupported',
      { conditions: [key, { acl: 'public-read' }], fields: { ...key, acl: 'public-read' } },
    ],
    [
      'an altered policy',
      '403 SignatureDoesNotMatch',
      { alter: (form) => form.set('policy', Buffer.from('{}').toString('base64')) },
    ],
    [
      'an altered signature',
      '403 SignatureDoesNotMatch',
      { alter: (form) => form.set('X-Amz-Signature', '0'.repeat(64)) },
    ],
    ['no signature', '400 InvalidArgument', { alter: (form) => form.delete('X-Amz-Signature') }],
    ['no policy', '403 AccessDenied', { alter: (form) => form.delete('policy') }],
    ['no key', '400 InvalidArgument', { alter: (form) => form.delete('key') }],
    ['no file', '400 InvalidArgument', { alter: (form) => form.delete('file') }],
    ['endless fields', '400 MaxPostPreDataLengthExceeded', { fields: { ...key, 'x-ignore-a': 'x'.repeat(70_000) } }],
    [
      'a wrong checksum',
      '400 BadDigest',
      {
        conditions: [key, ['starts-with', '$x-amz-checksum-crc32', '']],
        fields: { ...key, 'x-amz-checksum-crc32': 'AAAAAA==' },
      },
    ],
  ])('is refused for %s with %s, and nothing is stored', async (_what, code, change) => {
    expect(await refusal(await post({ conditions: [key], fields: key, ...change }))).toBe(code);
    await expect(read('refused')).rejects.toMatchObject({ name: 'NoSuchKey' });
  });

  it.each([
    ['no form', 'application/json', '{}'],
    [
      'a form cut short',
      'multipart/form-data; boundary=b',
      '--b\r\nContent-Disposition: form-data; name="key"\r\n\r\nab',
    ],
    ['a field without a name', 'multipart/form-data; boundary=b', '--b\r\nContent-Type: text/plain\r\n\r\nab\r\n--b--'],
  ])('that is %s is refused with MalformedPOSTRequest', async (_what, type, body) => {
    const answer = await fetch(`${world.endpoint}/${Bucket}`, {
      method: 'POST',
      body,
      headers: { 'content-type': type },
    });
    expect(await refusal(answer)).toBe('400 MalformedPOSTRequest');
  });

  it('says which condition failed', async () => {
    const answer = await post({ conditions: [{ key: 'a' }], fields: { key: 'b' } });
    expect(await answer.text()).toContain(
      'Invalid according to Policy: Policy Condition failed: [&quot;eq&quot;,&quot;$key&quot;,&quot;a&quot;]',
    );
  });
});
