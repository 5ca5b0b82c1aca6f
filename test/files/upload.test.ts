import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { FilesWorld } from '../support/files-world.ts';
import { described, filesWorld, readPlain, upload } from '../support/files-world.ts';
import type { SignedIn } from '../support/world.ts';

/** Files through the HTTP door, their bytes through the object store. */
let world: FilesWorld;
let owner: SignedIn;
beforeAll(async () => {
  world = await filesWorld();
  owner = await world.signIn('owner@example.com');
});
afterAll(async () => {
  expect(world.log.errors).toEqual([]);
  await world.stop();
});

let count = 0;
const newBytes = () => `bytes ${++count}`;
const newRecord = () => `record-${++count}`;
const call: FilesWorld['call'] = (...args) => world.call(...args);

async function madeRecord(): Promise<string> {
  const recordName = newRecord();
  expect(await call('createRecord', owner, { recordName })).toMatchObject({ success: true });
  return recordName;
}
async function recorded(bytes: string, more: object = {}, as: SignedIn | undefined = owner) {
  const recordKey = await madeRecord();
  const input = { recordKey, ...described(bytes), fileMimeType: 'text/plain', ...more };
  return { recordName: recordKey, ...(await call('recordFile', as, input)) };
}
async function stored(bytes: string, more: object = {}) {
  const file = await recorded(bytes, more);
  expect(await upload(file, bytes)).toBe('200');
  await world.hear();
  return file;
}
const listed = async (recordName: string) => (await call('listFiles', owner, { recordName })).files;

describe('a file that is recorded', () => {
  it('is named after its bytes, and its URL is stable and holds no signature', async () => {
    const bytes = newBytes();
    const { fileSha256Hex } = described(bytes);
    const file = await recorded(bytes);
    expect(file).toMatchObject({
      status: 200,
      success: true,
      fileName: `${fileSha256Hex}.txt`,
      uploadMethod: 'PUT',
      markers: ['publicRead'],
      uploadHeaders: {
        'x-amz-content-sha256': fileSha256Hex,
        'content-type': 'text/plain',
        'content-length': String(bytes.length),
        'cache-control': 'max-age=31536000',
        'x-amz-tagging': 'public=true',
        'x-amz-security-token': 'session',
        authorization: expect.stringContaining('AWS4-HMAC-SHA256'),
      },
    });
    expect(file.uploadUrl).toMatch(new RegExp(`/${fileSha256Hex}\\.txt$`));
    world.clock.advance(60_000);
    const again = await call('recordFile', owner, {
      recordKey: file.recordName,
      ...described(bytes),
      fileMimeType: 'text/plain',
    });
    expect(again.uploadUrl).toBe(file.uploadUrl);
    expect(again.uploadHeaders.authorization).not.toBe(file.uploadHeaders.authorization);
  });

  it.each([
    ['an extension of its own', { fileMimeType: undefined, fileExtension: '.TAR.gz' }, '.tar.gz', 'application/gzip'],
    ['a type and an extension that agree', { fileMimeType: 'image/jpeg', fileExtension: '.jpg' }, '.jpg', 'image/jpeg'],
    ['a type that nobody knows', { fileMimeType: 'x/unheard-of' }, '', 'x/unheard-of'],
    ['both, the type unknown', { fileMimeType: 'x/unheard-of', fileExtension: '.aux' }, '.aux', 'x/unheard-of'],
  ])('with %s is named and served so', async (_, more, extension, type) => {
    const bytes = newBytes();
    const { fileName, uploadUrl } = await stored(bytes, more);
    expect(fileName).toBe(described(bytes).fileSha256Hex + extension);
    const answer = await fetch(uploadUrl);
    expect([answer.headers.get('content-type'), await answer.text()]).toEqual([type, bytes]);
  });

  it.each([
    ['neither type nor extension', { fileMimeType: undefined }],
    ['a type and an extension that contradict each other', { fileMimeType: 'image/png', fileExtension: '.txt' }],
    ['an extension without a dot', { fileExtension: 'txt' }],
    ['a type that fits no header', { fileMimeType: 'text/plain\nx: y' }],
    ['no length', { fileByteLength: 0 }],
    ['a hash of another length', { fileSha256Hex: 'abc' }],
    ['a hash that leaves its folder', { fileSha256Hex: `../${'a'.repeat(61)}` }],
    ['more than an object can have', { fileByteLength: 5 * 1024 ** 3 + 1 }],
  ])('must not have %s', async (_, more) => {
    expect(await recorded(newBytes(), more)).toMatchObject({ status: 400, errorCode: 'unacceptable_request' });
  });

  it('may have a hash in capitals, which is kept in small letters', async () => {
    const bytes = newBytes();
    const { fileSha256Hex } = described(bytes);
    const file = await stored(bytes, { fileSha256Hex: fileSha256Hex.toUpperCase() });
    expect(file.fileName).toBe(`${fileSha256Hex}.txt`);
  });

  it('in a record of any name has a URL that browsers leave as it is', async () => {
    for (const recordName of ['..', 'a/b', '日本語'.repeat(40), 'a b%2F#?']) {
      await call('createRecord', owner, { recordName });
      const bytes = newBytes();
      const file = await call('recordFile', owner, {
        recordKey: recordName,
        ...described(bytes),
        fileMimeType: 'text/plain',
      });
      expect(new URL(file.uploadUrl).href).toBe(file.uploadUrl);
      expect(await upload(file, bytes)).toBe('200');
      await world.hear();
      expect(await listed(recordName)).toMatchObject([{ url: file.uploadUrl }]);
      expect(await call('eraseFile', owner, { recordKey: recordName, fileUrl: file.uploadUrl })).toMatchObject({
        recordName,
      });
    }
  });
});

describe('an upload', () => {
  it('is listed as soon as the bucket has said so, and not before', async () => {
    const bytes = newBytes();
    const file = await recorded(bytes, { fileDescription: 'a note', markers: ['publicRead:notes'] });
    expect(await upload(file, bytes)).toBe('200');
    expect(await call('listFiles', owner, { recordName: file.recordName })).toMatchObject({ files: [], totalCount: 0 });
    await world.hear();
    expect(await call('listFiles', owner, { recordName: file.recordName })).toEqual({
      status: 200,
      success: true,
      recordName: file.recordName,
      files: [
        {
          fileName: file.fileName,
          url: file.uploadUrl,
          sizeInBytes: bytes.length,
          uploaded: true,
          markers: ['publicRead:notes'],
          description: 'a note',
        },
      ],
      totalCount: 1,
    });
  });

  it('that is announced twice counts once', async () => {
    const bytes = newBytes();
    const file = await recorded(bytes);
    await upload(file, bytes);
    world.heard.push(...world.heard);
    await world.hear();
    expect(await call('listFiles', owner, { recordName: file.recordName })).toMatchObject({ totalCount: 1 });
  });

  it.each<[string, (bytes: string) => string, Record<string, string>, string]>([
    ['with other bytes', (bytes) => bytes.replace('b', 'x'), {}, '400 XAmzContentSHA256Mismatch'],
    ['of another length', (bytes) => `${bytes} and more`, {}, '403 SignatureDoesNotMatch'],
    ['of another type', (bytes) => bytes, { 'content-type': 'text/html' }, '403 SignatureDoesNotMatch'],
    [
      'with another hash and the bytes for it',
      () => 'other',
      { 'x-amz-content-sha256': described('other').fileSha256Hex },
      '403 SignatureDoesNotMatch',
    ],
    ['without its tag', (bytes) => bytes, { 'x-amz-tagging': '' }, '403 SignatureDoesNotMatch'],
    ['that nobody signed', (bytes) => bytes, { authorization: '' }, '403 AccessDenied'],
  ])('%s is refused, and nothing is stored', async (_, sent, headers, refusal) => {
    const bytes = newBytes();
    const file = await recorded(bytes);
    const kept = Object.entries({ ...file.uploadHeaders, ...headers }).filter(([, value]) => value !== '');
    expect(await upload({ ...file, uploadHeaders: Object.fromEntries(kept) }, sent(bytes))).toBe(refusal);
    expect(world.heard).toEqual([]);
    expect(await listed(file.recordName)).toEqual([]);
    expect(await readPlain(file.uploadUrl)).toBe('403 AccessDenied');
  });

  it('to the URL of another file is refused', async () => {
    const bytes = newBytes();
    const [file, other] = [await recorded(bytes), await recorded(newBytes())];
    expect(await upload({ ...file, uploadUrl: other.uploadUrl }, bytes)).toBe('403 SignatureDoesNotMatch');
  });

  it('is refused once its signature has expired, and welcome with a new one', async () => {
    const bytes = newBytes();
    const file = await recorded(bytes);
    world.clock.advance(15 * 60_000 + 1);
    expect(await upload(file, bytes)).toBe('403 RequestTimeTooSkewed');
    const input = { recordKey: file.recordName, ...described(bytes), fileMimeType: 'text/plain' };
    expect(await upload(await call('recordFile', owner, input), bytes)).toBe('200');
  });

  it('whose announced length was wrong can be announced again', async () => {
    const bytes = newBytes();
    const file = await recorded(bytes, { fileByteLength: 1 });
    expect(await upload(file, bytes)).toBe('403 SignatureDoesNotMatch');
    const input = { recordKey: file.recordName, ...described(bytes), fileMimeType: 'text/plain' };
    expect(await upload(await call('recordFile', owner, input), bytes)).toBe('200');
    await world.hear();
    expect(await listed(file.recordName)).toMatchObject([{ sizeInBytes: bytes.length }]);
  });
});

describe('recording the same bytes again', () => {
  it('is refused once they are there, and says where', async () => {
    const bytes = newBytes();
    const file = await stored(bytes);
    const input = { recordKey: file.recordName, ...described(bytes), fileMimeType: 'text/plain' };
    expect(await call('recordFile', owner, input)).toMatchObject({
      status: 400,
      errorCode: 'file_already_exists',
      existingFileUrl: file.uploadUrl,
      existingFileName: file.fileName,
    });
  });

  it('while they are awaited signs the upload again, under the markers it had', async () => {
    const bytes = newBytes();
    const file = await recorded(bytes, { markers: ['private'] });
    expect(file.uploadHeaders['x-amz-tagging']).toBeUndefined();
    const input = { recordKey: file.recordName, ...described(bytes), fileMimeType: 'text/plain' };
    expect(await call('recordFile', owner, input)).toMatchObject({ success: true, markers: ['private'] });
  });

  it('by many at once lets all of them upload, and makes one file', async () => {
    const recordKey = await madeRecord();
    const bytes = newBytes();
    const input = { recordKey, ...described(bytes), fileMimeType: 'text/plain' };
    const files = await Promise.all([1, 2, 3, 4].map(() => call('recordFile', owner, input)));
    expect(await Promise.all(files.map((file) => upload(file, bytes)))).toEqual(['200', '200', '200', '200']);
    await world.hear();
    expect(await call('listFiles', owner, { recordName: recordKey })).toMatchObject({ totalCount: 1 });
  });

  it('in another record makes another file', async () => {
    const bytes = newBytes();
    const [one, other] = [await stored(bytes), await stored(bytes)];
    expect(one.fileName).toBe(other.fileName);
    expect(one.uploadUrl).not.toBe(other.uploadUrl);
    await call('eraseFile', owner, { recordKey: one.recordName, fileUrl: one.uploadUrl });
    expect(await readPlain(one.uploadUrl)).toBe('403 AccessDenied');
    expect(await readPlain(other.uploadUrl)).toBe(`200 ${bytes}`);
  });
});
