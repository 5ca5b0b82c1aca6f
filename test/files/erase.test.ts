import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { keys } from '../../functions/core/keys.ts';
import { expiredFiles } from '../../functions/files/expired.ts';
import type { FilesWorld } from '../support/files-world.ts';
import { filesWorld, readPlain, upload } from '../support/files-world.ts';
import type { Filing } from '../support/filing.ts';
import { filing, newBytes } from '../support/filing.ts';
import type { SignedIn } from '../support/world.ts';

/** Files that go, and files whose bytes never came. */
let world: FilesWorld;
let owner: SignedIn;
let home: Filing;
beforeAll(async () => {
  world = await filesWorld();
  owner = await world.signIn('owner@example.com');
});
beforeEach(async () => {
  home = await filing(world, owner);
});
afterAll(() => world.stop());

const gone = '403 AccessDenied';
const notFound = { status: 404, errorCode: 'file_not_found' };
const rowOf = (fileName: string) => world.ports.table.get(keys.file(home.recordName, fileName));

/** The object store is down for the next erasure. */
function failErasureOnce(): void {
  const { erase } = world.files;
  world.files.erase = async () => {
    world.files.erase = erase;
    throw new Error('the object store is down');
  };
}

/** What DynamoDB says of a row whose time is up. */
async function expire(fileName: string): Promise<void> {
  const { pk, sk } = keys.file(home.recordName, fileName);
  await world.ports.table.delete({ pk, sk });
  const record = {
    eventName: 'REMOVE',
    dynamodb: { SequenceNumber: '1', Keys: { pk: { S: pk }, sk: { S: sk } } },
    userIdentity: { principalId: 'dynamodb.amazonaws.com' },
  } as const;
  expect(expiredFiles.reads(record)).toBe(true);
  await expiredFiles.read(world.ports, record);
}

describe('an erased file', () => {
  it('is gone with its bytes, from its list and for good', async () => {
    const { uploadUrl, fileName } = await home.store(newBytes());
    const { recordName } = home;
    expect(await home.erase(uploadUrl)).toEqual({ status: 200, success: true, recordName, fileName });
    expect(await readPlain(uploadUrl)).toBe(gone);
    expect(await home.list()).toMatchObject({ files: [], totalCount: 0 });
    expect(await world.call('getFile', owner, { fileUrl: uploadUrl })).toMatchObject(notFound);
    expect(await home.mark(uploadUrl, 'private')).toMatchObject(notFound);
    expect(await home.erase(uploadUrl)).toMatchObject(notFound);
    expect(await rowOf(fileName)).toBeUndefined();
  });

  it('is not brought back by what the bucket says later', async () => {
    const bytes = newBytes();
    const file = await home.record(bytes);
    await upload(file, bytes);
    await home.erase(file.uploadUrl);
    await world.hear();
    expect(await home.list()).toMatchObject({ files: [], totalCount: 0 });
    expect(await rowOf(file.fileName)).toBeUndefined();
  });

  it('is not brought back by an upload whose signature still holds: those bytes go as soon as they are noticed', async () => {
    const bytes = newBytes();
    const file = await home.store(bytes);
    await home.erase(file.uploadUrl);
    expect(await upload(file, bytes)).toBe('200');
    await world.hear();
    expect(await readPlain(file.uploadUrl)).toBe(gone);
    expect(await home.list()).toMatchObject({ files: [], totalCount: 0 });
  });

  it('can be recorded and uploaded again under the same URL', async () => {
    const bytes = newBytes();
    const first = await home.store(bytes);
    await home.erase(first.uploadUrl);
    const second = await home.store(bytes);
    expect(second.uploadUrl).toBe(first.uploadUrl);
    expect(await readPlain(first.uploadUrl)).toBe(`200 ${bytes}`);
    expect(await home.list()).toMatchObject({ totalCount: 1 });
  });

  it('is erased by one of many who do so at once', async () => {
    const { uploadUrl } = await home.store(newBytes());
    const answers = await Promise.all([1, 2, 3, 4].map(() => home.erase(uploadUrl)));
    expect(answers.filter(({ success }) => success)).toHaveLength(1);
    for (const answer of answers.filter(({ success }) => !success)) expect(answer).toMatchObject(notFound);
    expect(await home.list()).toMatchObject({ totalCount: 0 });
  });

  it('takes no bytes along that somebody uploads meanwhile under a row of their own', async () => {
    const bytes = newBytes();
    const file = await home.store(bytes);
    const [, second] = await Promise.all([home.erase(file.uploadUrl), home.record(bytes)]);
    const again = second.success ? second : await home.record(bytes);
    expect(again).toMatchObject({ success: true });
    expect(await upload(again, bytes)).toBe('200');
    await world.hear();
    expect(await readPlain(file.uploadUrl)).toBe(`200 ${bytes}`);
    expect(await home.list()).toMatchObject({ totalCount: 1 });
  });
});

describe('an erasure that fails half-way', () => {
  it('has taken the file from its readers, and is finished by the next try', async () => {
    const { uploadUrl, fileName } = await home.store(newBytes());
    failErasureOnce();
    expect(await home.erase(uploadUrl)).toMatchObject({ status: 500 });
    expect(await home.list()).toMatchObject({ files: [], totalCount: 0 });
    expect(await home.erase(uploadUrl)).toMatchObject({ success: true, fileName });
    expect(await readPlain(uploadUrl)).toBe(gone);
    expect(await home.list()).toMatchObject({ totalCount: 0 });
  });

  it('is finished by whoever records the file anew', async () => {
    const bytes = newBytes();
    const { uploadUrl } = await home.store(bytes);
    failErasureOnce();
    await home.erase(uploadUrl);
    await home.store(bytes);
    expect(await readPlain(uploadUrl)).toBe(`200 ${bytes}`);
    expect(await home.list()).toMatchObject({ totalCount: 1 });
  });

  it('is finished a day later if nobody cares', async () => {
    const { uploadUrl, fileName } = await home.store(newBytes());
    failErasureOnce();
    await home.erase(uploadUrl);
    expect(await rowOf(fileName)).toMatchObject({ ttl: expect.any(Number) });
    await expire(fileName);
    expect(await readPlain(uploadUrl)).toBe(gone);
    expect(await rowOf(fileName)).toBeUndefined();
  });
});

describe('bytes that do not come within a day', () => {
  const dayMs = 24 * 3600_000;

  it('are awaited no longer, and the file may be recorded anew under other markers', async () => {
    const bytes = newBytes();
    const { fileName, uploadUrl } = await home.record(bytes);
    const { recordName } = home;
    expect(await world.call('getFile', owner, { recordName, fileName })).toMatchObject({ success: true });
    world.clock.advance(dayMs + 1_000);
    expect(await world.call('getFile', owner, { recordName, fileName })).toMatchObject(notFound);
    expect(await home.erase(uploadUrl)).toMatchObject(notFound);
    const again = await home.record(bytes, { markers: ['private'] });
    expect(again).toMatchObject({ success: true, markers: ['private'] });
  });

  it('leave nothing behind, even if they came and nobody heard of it', async () => {
    const bytes = newBytes();
    const file = await home.record(bytes);
    await upload(file, bytes);
    world.heard.splice(0);
    await expire(file.fileName);
    expect(await readPlain(file.uploadUrl)).toBe(gone);
    expect(await rowOf(file.fileName)).toBeUndefined();
  });
});
