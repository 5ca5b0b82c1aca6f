import { createHash, randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { bucket, type ObjectsWorld, objectsWorld } from './objects-world.ts';

const MIB = 1024 ** 2;
const Bucket = 'files';
let world: ObjectsWorld;
let s3: S3Client;

beforeAll(async () => {
  const targetArn = 'arn:aws:sqs:us-east-1:000000000000:uploaded';
  world = await objectsWorld([bucket('files', { notifications: [{ event: 's3:ObjectCreated:*', targetArn }] })]);
  s3 = world.client();
});
afterAll(async () => {
  expect(world.faults).toEqual([]);
  await world.stop();
});

async function start(Key: string, more: object = {}): Promise<string> {
  const { UploadId = '' } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key, ...more }));
  return UploadId;
}
async function upload(Key: string, UploadId: string, PartNumber: number, Body: Uint8Array): Promise<CompletedPart> {
  const { ETag, ChecksumCRC32, ChecksumSHA256 } = await s3.send(
    new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body }),
  );
  return {
    PartNumber,
    ...(ETag && { ETag }),
    ...(ChecksumCRC32 && { ChecksumCRC32 }),
    ...(ChecksumSHA256 && { ChecksumSHA256 }),
  };
}
const complete = (Key: string, UploadId: string, Parts: CompletedPart[], more: object = {}) =>
  s3.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts }, ...more }));
const blobs = () => readdirSync(join(world.dir, Bucket, 'blobs')).length;

describe('a multipart upload', () => {
  it('becomes one object with the settings it began with, and is announced once', async () => {
    const parts = [randomBytes(5 * MIB), randomBytes(5 * MIB + 1), randomBytes(10)];
    const UploadId = await start('big', {
      ChecksumAlgorithm: 'CRC32',
      ContentType: 'video/mp4',
      Metadata: { a: 'b' },
      Tagging: 'public=true',
    });
    const done = await Promise.all(parts.map((body, index) => upload('big', UploadId, index + 1, body)));
    await expect(s3.send(new GetObjectCommand({ Bucket, Key: 'big' }))).rejects.toMatchObject({ name: 'NoSuchKey' });

    const { ETag } = await complete('big', UploadId, done);
    const md5s = parts.map((part) => createHash('md5').update(part).digest());
    const etag = `${createHash('md5').update(Buffer.concat(md5s)).digest('hex')}-3`;
    expect(ETag).toBe(`"${etag}"`);
    const read = await s3.send(new GetObjectCommand({ Bucket, Key: 'big', ChecksumMode: 'ENABLED' }));
    expect(read).toMatchObject({
      ContentType: 'video/mp4',
      Metadata: { a: 'b' },
      TagCount: 1,
      ContentLength: 10 * MIB + 11,
    });
    expect(read.ChecksumCRC32).toMatch(/-3$/);
    expect(Buffer.from((await read.Body?.transformToByteArray()) ?? []).equals(Buffer.concat(parts))).toBe(true);
    expect(world.heard).toEqual([
      expect.objectContaining({
        event: { Records: [expect.objectContaining({ eventName: 'ObjectCreated:CompleteMultipartUpload' })] },
      }),
    ]);
    expect(blobs()).toBe(1);
  });

  it('may carry a checksum of the whole object', async () => {
    const UploadId = await start('whole', { ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' });
    const done = [await upload('whole', UploadId, 1, Buffer.from('hello'))];
    expect(await complete('whole', UploadId, done)).toMatchObject({
      ChecksumCRC32: 'NhCmhg==',
      ChecksumType: 'FULL_OBJECT',
    });
  });

  it('survives a restart, lists its parts, and takes a part again', async () => {
    const UploadId = await start('resumed');
    await upload('resumed', UploadId, 2, Buffer.from('wrong'));
    const two = await upload('resumed', UploadId, 2, Buffer.from('two'));
    world.restart();
    const { Parts } = await s3.send(new ListPartsCommand({ Bucket, Key: 'resumed', UploadId }));
    expect(Parts).toMatchObject([{ PartNumber: 2, Size: 3, ETag: two.ETag }]);
    const { Uploads } = await s3.send(new ListMultipartUploadsCommand({ Bucket }));
    expect(Uploads).toMatchObject([{ Key: 'resumed', UploadId }]);
    const one = await upload('resumed', UploadId, 1, Buffer.alloc(5 * MIB, 'a'));
    await complete('resumed', UploadId, [one, two]);
    const read = await s3.send(new GetObjectCommand({ Bucket, Key: 'resumed', Range: 'bytes=-4' }));
    expect(await read.Body?.transformToString()).toBe('atwo');
  });

  it('takes parts out of objects that are there', async () => {
    await s3.send(new PutObjectCommand({ Bucket, Key: 'original', Body: '0123456789' }));
    const UploadId = await start('assembled');
    const input = { Bucket, Key: 'assembled', UploadId, PartNumber: 1, CopySource: `${Bucket}/original` };
    const { CopyPartResult } = await s3.send(new UploadPartCopyCommand({ ...input, CopySourceRange: 'bytes=3-5' }));
    await complete('assembled', UploadId, [{ PartNumber: 1, ETag: CopyPartResult?.ETag ?? '' }]);
    const read = await s3.send(new GetObjectCommand({ Bucket, Key: 'assembled' }));
    expect(await read.Body?.transformToString()).toBe('345');
  });

  it('leaves nothing behind when it is aborted', async () => {
    const before = blobs();
    const UploadId = await start('aborted');
    await upload('aborted', UploadId, 1, Buffer.from('x'));
    await s3.send(new AbortMultipartUploadCommand({ Bucket, Key: 'aborted', UploadId }));
    expect(blobs()).toBe(before);
    await expect(upload('aborted', UploadId, 2, Buffer.from('y'))).rejects.toMatchObject({ name: 'NoSuchUpload' });
    expect(blobs()).toBe(before);
  });
});

describe('completing', () => {
  const small = Buffer.from('small');
  it.each([
    ['parts in the wrong order', 'InvalidPartOrder', (parts: CompletedPart[]) => parts.toReversed()],
    ['a part twice', 'InvalidPartOrder', ([one]: CompletedPart[]) => [one, one]],
    ['a part that is not there', 'InvalidPart', ([one]: CompletedPart[]) => [{ ...one, PartNumber: 7 }]],
    ['another ETag', 'InvalidPart', ([one]: CompletedPart[]) => [{ ...one, ETag: '"0"' }]],
    ['another checksum', 'InvalidPart', ([one]: CompletedPart[]) => [{ ...one, ChecksumCRC32: 'AAAAAA==' }]],
    ['a small part before the last', 'EntityTooSmall', (parts: CompletedPart[]) => parts],
    ['no parts', 'MalformedXML', () => []],
  ])('with %s is refused with %s', async (_what, name, change) => {
    const UploadId = await start('refused');
    const parts = [await upload('refused', UploadId, 1, small), await upload('refused', UploadId, 2, small)];
    const changed = change(parts).flatMap((part) => part ?? []);
    await expect(complete('refused', UploadId, changed)).rejects.toMatchObject({ name });
    await expect(s3.send(new GetObjectCommand({ Bucket, Key: 'refused' }))).rejects.toMatchObject({
      name: 'NoSuchKey',
    });
  });

  it('does not write over what is there with If-None-Match: *', async () => {
    await s3.send(new PutObjectCommand({ Bucket, Key: 'taken', Body: 'first' }));
    const UploadId = await start('taken');
    const parts = [await upload('taken', UploadId, 1, small)];
    const attempt = complete('taken', UploadId, parts, { IfNoneMatch: '*' });
    await expect(attempt).rejects.toMatchObject({ name: 'PreconditionFailed' });
  });

  it('belongs to the key it began with', async () => {
    const UploadId = await start('mine');
    await expect(upload('other', UploadId, 1, small)).rejects.toMatchObject({ name: 'NoSuchUpload' });
    await expect(upload('mine', UploadId, 10_001, small)).rejects.toMatchObject({ name: 'InvalidArgument' });
  });
});
