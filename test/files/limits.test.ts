import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Features } from '../../functions/core/limits.ts';
import type { FilesWorld } from '../support/files-world.ts';
import { filesWorld } from '../support/files-world.ts';
import { filing, newBytes } from '../support/filing.ts';
import type { SignedIn } from '../support/world.ts';

/** What subscriptions and permissions say of the number, size and type of files. */
let limits: Features['files'];
let world: FilesWorld;
let helper: SignedIn;
beforeAll(async () => {
  world = await filesWorld({ limits: { of: async () => (limits ? { files: limits } : {}) } });
  helper = await world.signIn('helper@example.com');
});
afterAll(async () => {
  expect(world.log.errors).toEqual([]);
  await world.stop();
});

let count = 0;
async function homeOf(wanted: Features['files']) {
  limits = wanted;
  return filing(world, await world.signIn(`owner-${++count}@example.com`));
}
const full = { status: 403, errorCode: 'subscription_limit_reached' };
const unacceptable = { status: 400, errorCode: 'unacceptable_request' };

describe('a subscription', () => {
  it('may allow no files', async () => {
    const home = await homeOf({ allowed: false });
    expect(await home.record(newBytes())).toMatchObject({ status: 403, errorCode: 'not_authorized' });
  });

  it('bounds the size of a file', async () => {
    const home = await homeOf({ maxBytesPerFile: 20 });
    expect(await home.record('x'.repeat(20))).toMatchObject({ success: true });
    expect(await home.record('x'.repeat(21))).toMatchObject(unacceptable);
  });

  it('bounds the number of files, those included whose bytes are still awaited, in all records of the owner', async () => {
    const home = await homeOf({ maxFiles: 2 });
    const stored = await home.store(newBytes());
    const awaited = newBytes();
    expect(await home.record(awaited)).toMatchObject({ success: true });
    expect(await home.record(newBytes())).toMatchObject(full);
    expect(await home.record(awaited)).toMatchObject({ success: true });
    await home.erase(stored.uploadUrl);
    expect(await home.record(newBytes())).toMatchObject({ success: true });
  });

  it('no longer counts what was awaited for a day', async () => {
    const home = await homeOf({ maxFiles: 1 });
    await home.record(newBytes());
    expect(await home.record(newBytes())).toMatchObject(full);
    world.clock.advance(24 * 3600_000 + 1_000);
    expect(await home.record(newBytes())).toMatchObject({ success: true });
  });

  it('bounds the bytes of all files', async () => {
    const home = await homeOf({ maxBytesTotal: 30 });
    await home.store('a'.repeat(20));
    expect(await home.record('b'.repeat(11))).toMatchObject(full);
    expect(await home.record('b'.repeat(10))).toMatchObject({ success: true });
  });

  it('gives its last room to one of many who want it at once', async () => {
    const home = await homeOf({ maxFiles: 1 });
    const answers = await Promise.all([1, 2, 3, 4].map(() => home.record(newBytes())));
    expect(answers.filter(({ success }) => success)).toHaveLength(1);
    for (const answer of answers.filter(({ success }) => !success)) expect(answer).toMatchObject(full);
  });
});

describe('a permission', () => {
  it('may bound size and types of what it allows; both count', async () => {
    limits = undefined;
    const owner = await world.signIn('granting@example.com');
    const home = await filing(world, owner);
    helper = await world.signIn('helper@example.com');
    const permission = {
      marker: 'drop',
      resourceKind: 'file',
      action: 'create',
      subjectType: 'user',
      subjectId: helper.userId,
      options: { maxFileSizeInBytes: 10, allowedMimeTypes: ['text/plain'] },
    };
    const assigning = { ...permission, resourceKind: 'marker', action: 'assign', options: {} };
    for (const each of [permission, assigning]) {
      await world.call('grantPermission', owner, { recordName: home.recordName, permission: each });
    }
    const drop = (bytes: string, fileMimeType: string) =>
      home.record(bytes, { markers: ['drop'], fileMimeType }, helper);
    expect(await drop('0123456789', 'text/plain')).toMatchObject({ success: true });
    expect(await drop('0123456789a', 'text/plain')).toMatchObject(unacceptable);
    expect(await drop('0', 'image/png')).toMatchObject(unacceptable);
  });
});
