import type { FilesWorld } from './files-world.ts';
import { described, upload } from './files-world.ts';
import type { SignedIn } from './world.ts';

let count = 0;

/** A user with a record, who records text files in it. */
export async function filing(world: FilesWorld, owner: SignedIn) {
  const recordName = `record-${++count}`;
  const made = await world.call('createRecord', owner, { recordName });
  if (made.success !== true) throw new Error(JSON.stringify(made));

  const inputFor = (bytes: string, more: object = {}) => ({
    recordKey: recordName,
    ...described(bytes),
    fileMimeType: 'text/plain',
    ...more,
  });
  return {
    recordName,
    /** Announced, but not uploaded. */
    record: (bytes: string, more: object = {}, as: SignedIn | undefined = owner) =>
      world.call('recordFile', as, inputFor(bytes, more)),
    /** Announced, uploaded and listed. */
    async store(bytes: string, more: object = {}) {
      const file = await world.call('recordFile', owner, inputFor(bytes, more));
      const answer = await upload(file, bytes);
      if (answer !== '200') throw new Error(answer);
      await world.hear();
      return file;
    },
    list: () => world.call('listFiles', owner, { recordName }),
    mark: (fileUrl: string, ...markers: string[]) =>
      world.call('updateFile', owner, { recordKey: recordName, fileUrl, markers }),
    erase: (fileUrl: string) => world.call('eraseFile', owner, { recordKey: recordName, fileUrl }),
    async key(policy: 'subjectfull' | 'subjectless'): Promise<string> {
      return (await world.call('createRecordKey', owner, { recordName, policy })).recordKey;
    },
  };
}

export type Filing = Awaited<ReturnType<typeof filing>>;

/** Bytes that no other file has. */
export const newBytes = () => `bytes ${++count}`;
