import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { readJson, writeJson } from './json-file.ts';

/** The data of one process at a time. */
export interface FolderLock {
  release(): void;
}

/** Somebody else keeps data there. */
export class FolderInUse extends Error {
  override readonly name = 'FolderInUse';
}

/** What nobody refers to any more is closed when memory is tidied up, and no longer locked. */
const held = new Set<DatabaseSync>();

interface Holder {
  readonly url: string;
  readonly pid: number;
}

/**
 * Takes a data folder for this process: two that write to the same files would destroy them. What is locked is an empty
 * SQLite file, because the operating system takes such a lock away from a process that dies, however it dies: unlike a
 * file with its number in it, nothing that `kill -9` leaves behind blocks the next start.
 * @param url where this process listens, for the message that others get
 * @throws FolderInUse
 */
export function lockFolder(folder: string, url: string): FolderLock {
  mkdirSync(folder, { recursive: true });
  const holderFile = path.join(folder, 'running.json');
  const lock = new DatabaseSync(path.join(folder, 'running.lock'), { timeout: 0 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    lock.close();
    if (!isBusy(cause)) throw cause;
    const holder = readJson<Holder | undefined>(holderFile, undefined);
    // Unless it has locked just now, and not written down yet where it is.
    const who = holder === undefined ? 'another process' : `Chorus at ${holder.url} (process ${holder.pid})`;
    throw new FolderInUse(`${folder} is in use by ${who}.`, { cause });
  }
  held.add(lock);
  writeJson(holderFile, { url, pid: process.pid } satisfies Holder);
  return {
    release() {
      held.delete(lock);
      lock.close();
    },
  };
}

/** As SQLite numbers it. */
const isBusy = (cause: unknown): boolean =>
  typeof cause === 'object' && cause !== null && 'errcode' in cause && cause.errcode === 5;
