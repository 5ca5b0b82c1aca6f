import { described, type FilesWorld, upload } from '../../test/support/files-world.ts';
import type { World } from '../../test/support/world.ts';
import type { Probe } from './probe.ts';

/** A user records a file, uploads it, hides it and erases it. What the bucket's notification costs is not counted. */
export const files =
  (bucket: FilesWorld) =>
  async (world: World, { call }: Probe, round: number): Promise<void> => {
    const { sessionKey: as } = await world.signIn(`painter-${round}@example.com`);
    const recordName = `album-${round}`;
    const bytes = `picture ${round}`;
    await world.http('POST', '/api/v2/records', { as, body: { recordName } });
    const wanted = { recordKey: recordName, ...described(bytes), fileMimeType: 'image/png' };
    const recorded = await call('recordFile', wanted, { as });
    const answer = await upload(recorded, bytes);
    if (answer !== '200') throw new Error(`an upload answered ${answer}`);
    await bucket.hear();
    const file = { recordKey: recordName, fileUrl: recorded.uploadUrl };
    await call('getFile', { fileUrl: file.fileUrl }, { as });
    await call('listFiles', { recordName }, { as });
    await call('updateFile', { ...file, markers: ['private'] }, { as });
    await call('eraseFile', file, { as });
  };
