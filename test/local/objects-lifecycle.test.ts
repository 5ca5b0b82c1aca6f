import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import {
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  PutObjectTaggingCommand,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createAccess } from '../../local/iam.ts';
import { createObjectStore } from '../../local/objects/object-store.ts';
import { bucket, type ObjectsWorld, objectsWorld } from './objects-world.ts';

const Bucket = 'files';
const DAY_MS = 24 * 3600 * 1000;
const queue = 'arn:aws:sqs:us-east-1:000000000000:files';
const cleaner = 'arn:aws:lambda:us-east-1:000000000000:function:cleaner';
let world: ObjectsWorld;
afterEach(async () => {
  expect(world.faults).toEqual([]);
  await world.stop();
});

const keys = async () => {
  const { Contents } = await world.client().send(new ListObjectsV2Command({ Bucket }));
  return Contents?.map(({ Key }) => Key) ?? [];
};
const put = (Key: string, more: object = {}) =>
  world.client().send(new PutObjectCommand({ Bucket, Key, Body: 'body', ...more }));

describe('lifecycle', () => {
  it('removes what its rules say when its days are over, and tells who asked', async () => {
    const lifecycle = [
      { Status: 'Enabled', Prefix: 'messages/', ExpirationInDays: 1 },
      { Status: 'Enabled', TagFilters: [{ Key: 'temporary', Value: 'yes' }], ExpirationInDays: 2 },
      { Status: 'Disabled', ExpirationInDays: 1 },
      { Status: 'Enabled', AbortIncompleteMultipartUpload: { DaysAfterInitiation: 3 } },
    ];
    const notifications = [{ event: 's3:LifecycleExpiration:*', targetArn: cleaner }];
    world = await objectsWorld([bucket(Bucket, { lifecycle, notifications })]);
    await put('messages/a');
    await put('kept');
    await put('tagged', { Tagging: 'temporary=yes' });
    await world.client().send(new CreateMultipartUploadCommand({ Bucket, Key: 'upload' }));

    await world.sweep(Date.now() + DAY_MS - 60_000);
    expect(await keys()).toEqual(['kept', 'messages/a', 'tagged']);
    await world.sweep(Date.now() + DAY_MS);
    expect(await keys()).toEqual(['kept', 'tagged']);
    await world.sweep(Date.now() + 2 * DAY_MS);
    expect(await keys()).toEqual(['kept']);
    const uploads = async () => (await world.client().send(new ListMultipartUploadsCommand({ Bucket }))).Uploads ?? [];
    expect(await uploads()).toHaveLength(1);
    await world.sweep(Date.now() + 3 * DAY_MS);
    expect(await uploads()).toHaveLength(0);
    expect(world.heard.map(({ event }) => event)).toMatchObject([
      { Records: [{ eventName: 'LifecycleExpiration:Delete', s3: { object: { key: 'messages/a' } } }] },
      { Records: [{ eventName: 'LifecycleExpiration:Delete', s3: { object: { key: 'tagged' } } }] },
    ]);
  });
});

describe('notifications', () => {
  it('tell queues and functions what became of which object, and only what they asked for', async () => {
    const notifications = [
      { event: 's3:ObjectCreated:*', targetArn: queue },
      { event: 's3:ObjectCreated:Copy', targetArn: cleaner },
      { event: 's3:ObjectRemoved:Delete', targetArn: cleaner },
    ];
    world = await objectsWorld([bucket(Bucket, { notifications })]);
    const s3 = world.client();
    await put('a b/ä+.txt');
    await s3.send(
      new CopyObjectCommand({ Bucket, Key: 'copy', CopySource: encodeURI('files/a b/ä+.txt').replace('+', '%2B') }),
    );
    const TagSet = [{ Key: 'a', Value: 'b' }];
    await s3.send(new PutObjectTaggingCommand({ Bucket, Key: 'copy', Tagging: { TagSet } }));
    await s3.send(new DeleteObjectCommand({ Bucket, Key: 'copy' }));
    await s3.send(new DeleteObjectCommand({ Bucket, Key: 'copy' }));

    expect(world.heard.map(({ targetArn }) => targetArn)).toEqual([queue, queue, cleaner, cleaner]);
    expect(world.heard[0]?.event).toEqual({
      Records: [
        expect.objectContaining({
          eventVersion: '2.1',
          eventSource: 'aws:s3',
          awsRegion: 'us-east-1',
          eventTime: expect.stringMatching(/^\d{4}-.*Z$/),
          eventName: 'ObjectCreated:Put',
          s3: expect.objectContaining({
            bucket: expect.objectContaining({ name: Bucket, arn: 'arn:aws:s3:::files' }),
            object: {
              key: 'a+b/%C3%A4%2B.txt',
              size: 4,
              eTag: '841a2d689ad86bd1611447453c22c6fc',
              sequencer: expect.any(String),
            },
          }),
        }),
      ],
    });
    expect(world.heard.slice(1).map(({ event }) => event)).toMatchObject([
      { Records: [{ eventName: 'ObjectCreated:Copy' }] },
      { Records: [{ eventName: 'ObjectCreated:Copy' }] },
      { Records: [{ eventName: 'ObjectRemoved:Delete', s3: { object: { key: 'copy' } } }] },
    ]);
  });

  it('are not sent for an upload that was refused', async () => {
    world = await objectsWorld([bucket(Bucket, { notifications: [{ event: 's3:*', targetArn: queue }] })]);
    await expect(put('a', { ContentMD5: '1B2M2Y8AsgTpgAmY7PhCfg==' })).rejects.toMatchObject({ name: 'BadDigest' });
    expect(world.heard).toEqual([]);
  });
});

describe('an upload that breaks off', () => {
  it('leaves the old object as it was, and no bytes behind', async () => {
    world = await objectsWorld([bucket(Bucket)]);
    await put('key');
    const s3 = world.client('writer', { requestChecksumCalculation: 'WHEN_REQUIRED' });
    const url = new URL(await getSignedUrl(s3, new PutObjectCommand({ Bucket, Key: 'key' })));
    const blobs = () => readdirSync(join(world.dir, Bucket, 'blobs')).length;
    const socket = connect(Number(url.port), 'localhost');
    socket.write(`PUT ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\nContent-Length: 1000\r\n\r\nhalf`);
    while (blobs() < 2) await new Promise((resolve) => setImmediate(resolve));
    socket.destroy();
    while (blobs() > 1) await new Promise((resolve) => setImmediate(resolve));
    const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket }));
    expect(Contents).toMatchObject([{ Key: 'key', Size: 4 }]);
  });
});

describe('a bucket policy the store cannot evaluate', () => {
  it.each([
    [{ Effect: 'Deny', Principal: '*', Action: 's3:*', NotResource: 'x' }],
    [
      {
        Effect: 'Deny',
        Principal: '*',
        Action: 's3:*',
        Resource: '*',
        Condition: { IpAddress: { 'aws:SourceIp': '::1' } },
      },
    ],
  ])('is an error at the start: %j', async (statement) => {
    world = await objectsWorld([]);
    const buckets = [bucket(Bucket, { policy: [statement] })];
    expect(() => createObjectStore({ buckets, access: createAccess([]), dir: world.dir })).toThrow('does not evaluate');
  });
});
