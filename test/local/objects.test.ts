import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  PutObjectTaggingCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { bucket, type ObjectsWorld, objectsWorld } from './objects-world.ts';

let world: ObjectsWorld;
let s3: S3Client;
const Bucket = 'files';

beforeAll(async () => {
  world = await objectsWorld([bucket('files'), bucket('blobs')]);
  s3 = world.client();
});
afterAll(async () => {
  expect(world.faults).toEqual([]);
  await world.stop();
});

const put = (Key: string, Body: string | Uint8Array, more: object = {}) =>
  s3.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));
const get = (Key: string, more: object = {}) => s3.send(new GetObjectCommand({ Bucket, Key, ...more }));
const text = async (Key: string) => (await get(Key)).Body?.transformToString();

describe('the stock client reads back what it wrote', () => {
  it.each([
    'plain.txt',
    'a/b/c.json',
    'with blank and + and %25.txt',
    'ünïcode/日本語/🎉',
    "quotes'()*!~.txt",
    'dots/../and/./more',
    '__proto__',
    'constructor',
    'a#b?c&d=e',
    '<xml>&"',
    'k'.repeat(1024),
  ])('under the key %j', async (key) => {
    await put(key, `content of ${key}`);
    expect(await text(key)).toBe(`content of ${key}`);
    const listed = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: key }));
    expect(listed.Contents?.map(({ Key }) => Key)).toContain(key);
    await s3.send(new DeleteObjectCommand({ Bucket, Key: key }));
    await expect(get(key)).rejects.toMatchObject({ name: 'NoSuchKey' });
  });

  it('with its headers, metadata, tags and an ETag that is the MD5 of the bytes', async () => {
    const body = randomBytes(100_000);
    const written = await put('photo', body, {
      ContentType: 'image/png',
      CacheControl: 'max-age=31536000',
      ContentDisposition: 'inline',
      ContentEncoding: 'gzip',
      ContentLanguage: 'de',
      Metadata: { one: '1', two: 'zwei' },
      Tagging: 'public=true&a%20b=c%26d',
    });
    const md5 = createHash('md5').update(body).digest('hex');
    expect(written.ETag).toBe(`"${md5}"`);
    const read = await get('photo');
    expect(Buffer.from((await read.Body?.transformToByteArray()) ?? [])).toEqual(body);
    expect(read).toMatchObject({
      ContentType: 'image/png',
      CacheControl: 'max-age=31536000',
      ContentDisposition: 'inline',
      ContentEncoding: 'gzip',
      ContentLanguage: 'de',
      ContentLength: 100_000,
      AcceptRanges: 'bytes',
      ETag: `"${md5}"`,
      Metadata: { one: '1', two: 'zwei' },
      TagCount: 2,
    });
    expect(await s3.send(new HeadObjectCommand({ Bucket, Key: 'photo' }))).toMatchObject({ ContentLength: 100_000 });
    const { TagSet } = await s3.send(new GetObjectTaggingCommand({ Bucket, Key: 'photo' }));
    expect(TagSet).toEqual([
      { Key: 'public', Value: 'true' },
      { Key: 'a b', Value: 'c&d' },
    ]);
  });

  it('when the body is a stream, which travels in chunks with a checksum behind them', async () => {
    const body = randomBytes(300_000);
    const Body = Readable.from([body.subarray(0, 70_000), body.subarray(70_000)]);
    await s3.send(
      new PutObjectCommand({ Bucket, Key: 'stream', Body, ContentLength: body.length, ContentEncoding: 'gzip' }),
    );
    const read = await get('stream', { ChecksumMode: 'ENABLED' });
    expect(read.ContentEncoding).toBe('gzip');
    expect(read.ChecksumCRC32).toBeDefined();
    expect(Buffer.from((await read.Body?.transformToByteArray()) ?? [])).toEqual(body);
  });

  it.each(['CRC32', 'CRC32C', 'SHA1', 'SHA256'] as const)(
    'and the %s it asked to verify',
    async (ChecksumAlgorithm) => {
      const name = `Checksum${ChecksumAlgorithm}` as const;
      const written = await s3.send(
        new PutObjectCommand({ Bucket, Key: 'sum', Body: 'some bytes', ChecksumAlgorithm }),
      );
      expect(written[name]).toBeDefined();
      const read = await get('sum', { ChecksumMode: 'ENABLED' });
      expect(read[name]).toBe(written[name]);
      expect(await read.Body?.transformToString()).toBe('some bytes');
    },
  );

  it('also when the object is empty', async () => {
    await put('empty', new Uint8Array(0));
    expect(await get('empty')).toMatchObject({ ContentLength: 0 });
    await expect(get('empty', { Range: 'bytes=0-' })).rejects.toMatchObject({ name: 'InvalidRange' });
  });
});

describe('a range', () => {
  beforeAll(() => put('digits', '0123456789'));

  it.each([
    ['bytes=0-0', '0', 'bytes 0-0/10'],
    ['bytes=2-4', '234', 'bytes 2-4/10'],
    ['bytes=7-', '789', 'bytes 7-9/10'],
    ['bytes=-3', '789', 'bytes 7-9/10'],
    ['bytes=5-100', '56789', 'bytes 5-9/10'],
    ['bytes=-100', '0123456789', 'bytes 0-9/10'],
  ])('%s answers its part', async (Range, content, ContentRange) => {
    const read = await get('digits', { Range });
    expect(read).toMatchObject({ ContentRange, ContentLength: content.length, $metadata: { httpStatusCode: 206 } });
    expect(await read.Body?.transformToString()).toBe(content);
  });

  it.each(['bytes=10-', 'bytes=99-100', 'bytes=-0'])(
    '%s, outside the object, is refused with InvalidRange',
    async (Range) => {
      await expect(get('digits', { Range })).rejects.toMatchObject({
        name: 'InvalidRange',
        $metadata: { httpStatusCode: 416 },
      });
    },
  );

  it.each(['bytes=4-2', 'lines=1-2', 'bytes=0-1,4-5'])('%s is overlooked', async (Range) => {
    expect(await (await get('digits', { Range })).Body?.transformToString()).toBe('0123456789');
  });
});

describe('conditions', () => {
  const etagOf = (content: string) => `"${createHash('md5').update(content).digest('hex')}"`;
  beforeAll(() => put('taken', 'first'));

  it('refuses to write over what is there with If-None-Match: *', async () => {
    await expect(put('taken', 'second', { IfNoneMatch: '*' })).rejects.toMatchObject({ name: 'PreconditionFailed' });
    expect(await text('taken')).toBe('first');
  });

  it('lets exactly one of many racing writers win with If-None-Match: *', async () => {
    const writers = Array.from({ length: 10 }, (_, n) => put('race', `writer ${n}`, { IfNoneMatch: '*' }));
    const results = await Promise.allSettled(writers);
    const winner = results.findIndex(({ status }) => status === 'fulfilled');
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await text('race')).toBe(`writer ${winner}`);
  });

  it('writes over what the writer knows with If-Match, and over nothing else', async () => {
    await put('versioned', 'one');
    await put('versioned', 'two', { IfMatch: etagOf('one') });
    await expect(put('versioned', 'three', { IfMatch: etagOf('one') })).rejects.toMatchObject({
      name: 'PreconditionFailed',
    });
    await expect(put('nowhere', 'x', { IfMatch: etagOf('one') })).rejects.toMatchObject({ name: 'NoSuchKey' });
    expect(await text('versioned')).toBe('two');
  });

  it.each([
    ['IfNoneMatch', etagOf('first'), 304],
    ['IfNoneMatch', '"other"', 200],
    ['IfMatch', etagOf('first'), 200],
    ['IfMatch', '"other"', 412],
    ['IfModifiedSince', new Date(Date.now() + 60_000), 304],
    ['IfModifiedSince', new Date(0), 200],
    ['IfUnmodifiedSince', new Date(0), 412],
    ['IfUnmodifiedSince', new Date(Date.now() + 60_000), 200],
  ])('answers a GET with %s (case %#) by its status', async (name, value, status) => {
    const answer = await get('taken', { [name]: value }).then(
      (read) => read.$metadata.httpStatusCode,
      (error: { $metadata?: { httpStatusCode?: number } }) => error.$metadata?.httpStatusCode,
    );
    expect(answer).toBe(status);
  });
});

describe('listing', () => {
  const keys = ['b/1', 'b/2', 'a', 'c/x/1', 'c/y', 'B', 'ä', '￿', '🎉'];
  const list = async (input: object) => s3.send(new ListObjectsV2Command({ Bucket: 'blobs', ...input }));
  beforeAll(async () => {
    await Promise.all(keys.map((Key) => s3.send(new PutObjectCommand({ Bucket: 'blobs', Key, Body: Key }))));
  });

  it('goes by the bytes of the keys', async () => {
    const { Contents, KeyCount, IsTruncated } = await list({});
    expect(Contents?.map(({ Key }) => Key)).toEqual(['B', 'a', 'b/1', 'b/2', 'c/x/1', 'c/y', 'ä', '￿', '🎉']);
    expect({ KeyCount, IsTruncated }).toEqual({ KeyCount: 9, IsTruncated: false });
    expect(Contents?.[2]).toMatchObject({ Size: 3, StorageClass: 'STANDARD', LastModified: expect.any(Date) });
  });

  it('folds keys at a delimiter, below a prefix', async () => {
    const top = await list({ Delimiter: '/' });
    expect(top.CommonPrefixes?.map(({ Prefix }) => Prefix)).toEqual(['b/', 'c/']);
    expect(top.Contents?.map(({ Key }) => Key)).toEqual(['B', 'a', 'ä', '￿', '🎉']);
    const below = await list({ Delimiter: '/', Prefix: 'c/' });
    expect(below.CommonPrefixes?.map(({ Prefix }) => Prefix)).toEqual(['c/x/']);
    expect(below.Contents?.map(({ Key }) => Key)).toEqual(['c/y']);
  });

  it('goes on page by page, and after a given key', async () => {
    const seen: (string | undefined)[] = [];
    let token: string | undefined;
    do {
      const page = await list({ MaxKeys: 2, Delimiter: '/', ...(token && { ContinuationToken: token }) });
      seen.push(
        ...(page.Contents ?? []).map(({ Key }) => Key),
        ...(page.CommonPrefixes ?? []).map(({ Prefix }) => Prefix),
      );
      expect(page.IsTruncated).toBe(page.NextContinuationToken !== undefined);
      token = page.NextContinuationToken;
    } while (token);
    expect(seen.sort()).toEqual(['B', 'a', 'b/', 'c/', 'ä', '￿', '🎉'].sort());
    const { Contents } = await list({ StartAfter: 'c/x/1', Prefix: 'c' });
    expect(Contents?.map(({ Key }) => Key)).toEqual(['c/y']);
  });

  it('refuses a continuation token it never gave', async () => {
    await expect(list({ ContinuationToken: '%%' })).rejects.toMatchObject({ name: 'InvalidArgument' });
  });
});

describe('copying', () => {
  beforeAll(() =>
    put('source ä', 'copied', { ContentType: 'text/x-source', Metadata: { from: 'source' }, Tagging: 'a=b' }),
  );
  const copy = (Key: string, more: object = {}) =>
    s3.send(new CopyObjectCommand({ Bucket: 'blobs', Key, CopySource: encodeURI(`${Bucket}/source ä`), ...more }));

  it('keeps bytes, headers, metadata and tags', async () => {
    await copy('copy');
    const read = await s3.send(new GetObjectCommand({ Bucket: 'blobs', Key: 'copy' }));
    expect(read).toMatchObject({ ContentType: 'text/x-source', Metadata: { from: 'source' }, TagCount: 1 });
    expect(await read.Body?.transformToString()).toBe('copied');
  });

  it('replaces what it is told to replace', async () => {
    await copy('copy2', {
      MetadataDirective: 'REPLACE',
      TaggingDirective: 'REPLACE',
      ContentType: 'text/new',
      Tagging: '',
    });
    const read = await s3.send(new HeadObjectCommand({ Bucket: 'blobs', Key: 'copy2' }));
    expect(read).toMatchObject({ ContentType: 'text/new', Metadata: {} });
    expect(read.TagCount).toBeUndefined();
  });

  it.each([
    ['onto itself', 'InvalidRequest', { Bucket: 'files', Key: 'source ä' }],
    ['of nothing', 'NoSuchKey', { CopySource: 'files/nothing' }],
    ['from no bucket', 'NoSuchBucket', { CopySource: 'nowhere/a' }],
    ['of a version', 'NotImplemented', { CopySource: 'files/a?versionId=1' }],
    ['of a changed source', 'PreconditionFailed', { CopySourceIfMatch: '"other"' }],
  ])('%s is refused with %s', async (_what, name, more) => {
    await expect(copy('refused', more)).rejects.toMatchObject({ name });
  });
});

describe('deleting many', () => {
  it('answers for each key, those that were never there included', async () => {
    await Promise.all(['d1', 'd2', 'd<3>&'].map((key) => put(key, 'x')));
    const Objects = ['d1', 'd2', 'd<3>&', 'never'].map((Key) => ({ Key }));
    const { Deleted, Errors } = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    expect(Deleted?.map(({ Key }) => Key)).toEqual(['d1', 'd2', 'd<3>&', 'never']);
    expect(Errors).toBeUndefined();
    await expect(get('d<3>&')).rejects.toMatchObject({ name: 'NoSuchKey' });
  });

  it('says nothing of what went well when asked to be quiet', async () => {
    const { Deleted } = await s3.send(
      new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: 'q' }], Quiet: true } }),
    );
    expect(Deleted).toBeUndefined();
  });
});

describe('tags', () => {
  it('are set, read and limited', async () => {
    await put('tagged', 'x');
    const tag = (TagSet: { Key: string; Value: string }[]) =>
      s3.send(new PutObjectTaggingCommand({ Bucket, Key: 'tagged', Tagging: { TagSet } }));
    await tag([{ Key: 'public', Value: '<true>' }]);
    const { TagSet } = await s3.send(new GetObjectTaggingCommand({ Bucket, Key: 'tagged' }));
    expect(TagSet).toEqual([{ Key: 'public', Value: '<true>' }]);
    const eleven = Array.from({ length: 11 }, (_, n) => ({ Key: `k${n}`, Value: '' }));
    await expect(tag(eleven)).rejects.toMatchObject({ name: 'BadRequest' });
    const twice = [
      { Key: 'a', Value: '1' },
      { Key: 'a', Value: '2' },
    ];
    await expect(tag(twice)).rejects.toMatchObject({ name: 'InvalidTag' });
    expect(await text('tagged')).toBe('x');
  });
});

describe('buckets', () => {
  it('are those of the template', async () => {
    await s3.send(new HeadBucketCommand({ Bucket }));
    await expect(s3.send(new GetObjectCommand({ Bucket: 'other', Key: 'a' }))).rejects.toMatchObject({
      name: 'NoSuchBucket',
    });
  });
});

describe('after a restart', () => {
  it('the folder holds the objects, and no bytes that nothing names', async () => {
    await put('kept', 'still here', { Tagging: 'a=b' });
    await put('kept', 'still here, changed', { Tagging: 'a=c', ContentType: 'text/kept' });
    const files = (folder: string) => readdirSync(join(world.dir, Bucket, folder));
    const before = files('blobs');
    writeFileSync(join(world.dir, Bucket, 'blobs', 'left-by-a-killed-upload'), 'half');
    writeFileSync(join(world.dir, Bucket, 'objects', 'left-by-a-killed-write.json.new'), '{"key":');

    world.restart();
    expect(files('blobs')).toEqual(before);
    expect(files('objects').filter((name) => name.endsWith('.new'))).toEqual([]);
    expect(await get('kept')).toMatchObject({ ContentType: 'text/kept', TagCount: 1 });
    expect(await text('kept')).toBe('still here, changed');
  });
});
