import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { FilesWorld } from '../support/files-world.ts';
import { filesWorld, readPlain, upload } from '../support/files-world.ts';
import type { Filing } from '../support/filing.ts';
import { filing, newBytes } from '../support/filing.ts';
import type { SignedIn } from '../support/world.ts';

/** Who may read, list, change and erase files, by their URL and through the door. */
let world: FilesWorld;
let owner: SignedIn;
let stranger: SignedIn;
let home: Filing;
beforeAll(async () => {
  world = await filesWorld();
  owner = await world.signIn('owner@example.com');
  stranger = await world.signIn('stranger@example.com');
});
beforeEach(async () => {
  home = await filing(world, owner);
});
afterAll(async () => {
  expect(world.log.errors).toEqual([]);
  await world.stop();
});

const forbidden = '403 AccessDenied';
const refused = { status: 403, errorCode: 'not_authorized' };

describe('the URL of a file', () => {
  it('is open to everybody while a marker makes the file public, from the moment that says so', async () => {
    const bytes = newBytes();
    const { uploadUrl } = await home.store(bytes);
    const steps: [string[], string][] = [
      [['private'], forbidden],
      [['private', 'publicRead:gallery'], `200 ${bytes}`],
      [['mine'], forbidden],
      [['publicWrite'], `200 ${bytes}`],
    ];
    expect(await readPlain(uploadUrl)).toBe(`200 ${bytes}`);
    for (const [markers, answer] of steps) {
      expect(await home.mark(uploadUrl, ...markers)).toEqual({ status: 200, success: true });
      expect([markers, await readPlain(uploadUrl)]).toEqual([markers, answer]);
      expect((await home.list()).files[0].markers).toEqual(markers);
    }
  });

  it('is closed for a private file from its first moment', async () => {
    const bytes = newBytes();
    const file = await home.record(bytes, { markers: ['private'] });
    expect(await upload(file, bytes)).toBe('200');
    expect(await readPlain(file.uploadUrl)).toBe(forbidden);
    await world.hear();
    expect(await readPlain(file.uploadUrl)).toBe(forbidden);
  });

  it('follows markers that changed between the signature and the upload', async () => {
    const bytes = newBytes();
    const file = await home.record(bytes);
    await home.mark(file.uploadUrl, 'private');
    expect(await upload(file, bytes)).toBe('200');
    await world.hear();
    expect(await readPlain(file.uploadUrl)).toBe(forbidden);
  });

  it('is not opened again by a signature from the time when the file was public', async () => {
    const bytes = newBytes();
    const file = await home.store(bytes);
    await home.mark(file.uploadUrl, 'private');
    expect(await upload(file, bytes)).toBe('200');
    await world.hear();
    expect(await readPlain(file.uploadUrl)).toBe(forbidden);
  });

  it('ends up as the markers say, however many change them at once', async () => {
    const bytes = newBytes();
    const { uploadUrl } = await home.store(bytes);
    for (let round = 0; round < 3; round++) {
      await Promise.all(['publicRead', 'private', 'publicRead', 'private'].map((one) => home.mark(uploadUrl, one)));
      const [{ markers }] = (await home.list()).files;
      expect(await readPlain(uploadUrl)).toBe(markers[0] === 'publicRead' ? `200 ${bytes}` : forbidden);
    }
  });
});

describe('reading with a signature', () => {
  const read = async (answer: {
    requestUrl: string;
    requestMethod: string;
    requestHeaders: Record<string, string>;
  }) => {
    const { host, ...headers } = answer.requestHeaders;
    const got = await fetch(answer.requestUrl, { method: answer.requestMethod, headers });
    return `${got.status} ${await got.text()}`;
  };

  it('opens a private file to those who may read it, by URL with or without a query, or by name', async () => {
    const bytes = newBytes();
    const { uploadUrl: fileUrl, fileName } = await home.store(bytes, { markers: ['private'] });
    const { recordName } = home;
    for (const named of [{ fileUrl }, { fileUrl: `${fileUrl}?a=b` }, { recordName, fileName }]) {
      const answer = await world.call('getFile', owner, named);
      expect(answer).toMatchObject({ success: true, requestUrl: fileUrl, requestMethod: 'GET' });
      expect(await read(answer)).toBe(`200 ${bytes}`);
    }
    const query = new URLSearchParams({ fileUrl });
    const { body } = await world.http('GET', `/api/v2/records/file?${query}`, { as: owner.sessionKey });
    expect(await read(body)).toBe(`200 ${bytes}`);
    expect(await world.call('getFile', stranger, { fileUrl })).toMatchObject(refused);
    world.clock.advance(15 * 60_000 + 1);
    expect(await read(body)).toMatch(/^403 /);
  });

  it('takes somebody who is signed in even for public files, or a key for anybody', async () => {
    const bytes = newBytes();
    const { uploadUrl: fileUrl, fileName } = await home.store(bytes);
    expect(await world.call('getFile', stranger, { fileUrl })).toMatchObject({ success: true });
    expect(await world.call('getFile', undefined, { fileUrl })).toMatchObject({ errorCode: 'not_logged_in' });
    for (const [policy, expected] of [
      ['subjectfull', { errorCode: 'not_logged_in' }],
      ['subjectless', { success: true }],
    ] as const) {
      const recordName = await home.key(policy);
      expect(await world.call('getFile', undefined, { recordName, fileName })).toMatchObject(expected);
      expect(await world.call('getFile', undefined, { recordName, fileUrl })).toMatchObject(expected);
    }
  });

  it.each<[string, (fileUrl: string, fileName: string) => object, object]>([
    ['a name without a record', (_, fileName) => ({ fileName }), { status: 400, errorCode: 'unacceptable_request' }],
    ['a record without a name', () => ({ recordName: 'r' }), { status: 400, errorCode: 'unacceptable_request' }],
    ['nothing', () => ({}), { status: 400, errorCode: 'unacceptable_request' }],
    [
      'the URL of another place',
      (_, name) => ({ fileUrl: `https://example.com/${name}` }),
      { errorCode: 'unacceptable_url' },
    ],
    [
      'a URL that was never given',
      (url) => ({ fileUrl: `${url}/more` }),
      { status: 400, errorCode: 'unacceptable_url' },
    ],
    ['no URL at all', () => ({ fileUrl: 'nonsense' }), { status: 400, errorCode: 'unacceptable_url' }],
    [
      'a file that is not there',
      (url, name) => ({ fileUrl: url.replace(name, 'f'.repeat(64)) }),
      { status: 404, errorCode: 'file_not_found' },
    ],
  ])('is refused for %s', async (_, input, expected) => {
    const { uploadUrl, fileName } = await home.store(newBytes());
    expect(await world.call('getFile', owner, input(uploadUrl, fileName))).toMatchObject(expected);
  });
});

describe('listing', () => {
  it('goes by name, ten at a time, and counts all', async () => {
    const names: string[] = [];
    for (let n = 0; n < 12; n++) names.push((await home.store(newBytes())).fileName);
    names.sort();
    const first = await home.list();
    expect(first.files.map((file: { fileName: string }) => file.fileName)).toEqual(names.slice(0, 10));
    const query = new URLSearchParams({ recordName: home.recordName, fileName: names[9] ?? '' });
    const { body } = await world.http('GET', `/api/v2/records/file/list?${query}`, { as: owner.sessionKey });
    expect(body.files.map((file: { fileName: string }) => file.fileName)).toEqual(names.slice(10));
    expect([first.totalCount, body.totalCount]).toEqual([12, 12]);
  });

  it('is for those who may see the whole record, whatever is public in it', async () => {
    await home.store(newBytes());
    const { recordName } = home;
    expect(await world.call('listFiles', stranger, { recordName })).toMatchObject(refused);
    expect(await world.call('listFiles', undefined, { recordName })).toMatchObject({ errorCode: 'not_logged_in' });
    expect(await world.call('listFiles', stranger, { recordName: await home.key('subjectfull') })).toMatchObject(
      refused,
    );
  });
});

describe('changes', () => {
  it('of markers need the right to each of them', async () => {
    const { uploadUrl: fileUrl } = await home.store(newBytes(), { markers: ['publicWrite'] });
    const { recordName } = home;
    const update = (markers: string[]) =>
      world.call('updateFile', stranger, { recordKey: recordName, fileUrl, markers });
    expect(await update(['publicWrite'])).toMatchObject(refused);
    const grant = (permission: object) =>
      world.call('grantPermission', owner, {
        recordName,
        permission: { subjectType: 'user', subjectId: stranger.userId, ...permission },
      });
    await grant({ marker: 'publicWrite', resourceKind: 'file', action: 'update' });
    expect(await update(['publicWrite'])).toMatchObject({ success: true });
    expect(await update(['publicWrite', 'secret'])).toMatchObject({ ...refused, reason: { action: 'assign' } });
    await grant({ marker: 'secret', resourceKind: 'marker', action: 'assign' });
    expect(await update(['publicWrite', 'secret'])).toMatchObject({ success: true });
    expect(await update(['secret'])).toMatchObject({ ...refused, reason: { action: 'unassign' } });
  });

  it('are no matter of record keys, recording and erasing are', async () => {
    const bytes = newBytes();
    const recordKey = await home.key('subjectless');
    const file = await world.call('recordFile', undefined, {
      recordKey,
      fileSha256Hex: 'a'.repeat(64),
      fileByteLength: bytes.length,
      fileMimeType: 'text/plain',
    });
    expect(file).toMatchObject({ success: true });
    const named = { recordKey, fileUrl: file.uploadUrl };
    expect(await world.call('updateFile', undefined, { ...named, markers: ['private'] })).toMatchObject({
      errorCode: 'not_logged_in',
    });
    expect(await world.call('eraseFile', undefined, named)).toMatchObject({
      success: true,
      recordName: home.recordName,
    });
  });

  it('by a key for anybody assign no marker but publicRead, even for the owner', async () => {
    const recordKey = await home.key('subjectless');
    const answer = await home.record(newBytes(), { recordKey, markers: ['private'] });
    expect(answer).toMatchObject({ ...refused, reason: { resourceKind: 'marker', action: 'assign' } });
  });

  it('take somebody who is signed in, even where everybody may write', async () => {
    const bytes = newBytes();
    const { uploadUrl: fileUrl } = await home.store(bytes, { markers: ['publicWrite'] });
    const named = { recordKey: home.recordName, fileUrl };
    for (const answer of [
      await world.call('eraseFile', undefined, named),
      await world.call('updateFile', undefined, { ...named, markers: ['private'] }),
      await world.call('recordFile', undefined, {
        recordKey: home.recordName,
        fileSha256Hex: 'b'.repeat(64),
        fileByteLength: 1,
        fileExtension: '.bin',
      }),
    ]) {
      expect(answer).toMatchObject({ status: 401, errorCode: 'not_logged_in' });
    }
    expect(await world.call('eraseFile', stranger, named)).toMatchObject({ success: true });
  });

  it('name a file of the very record', async () => {
    const { uploadUrl } = await home.store(newBytes());
    const other = await filing(world, owner);
    expect(await other.mark(uploadUrl, 'private')).toMatchObject({ status: 400, errorCode: 'unacceptable_url' });
    expect(await other.erase(uploadUrl)).toMatchObject({ status: 400, errorCode: 'unacceptable_url' });
  });
});
