import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { readJson, writeJson } from './json-file.ts';

/** Locks a data folder for one process at a time. */
export interface FolderLock {
  release(): void;
}

/** Another process uses this data folder. */
export class FolderInUse extends Error {
  override readonly name = 'FolderInUse';
}

/** Keeps a reference to each lock: garbage collection would close the database, and so release the lock. */
const held = new Set<DatabaseSync>();

interface Holder {
  readonly url: string;
  readonly pid: number;
}

/**
 * Locks a data folder for this process, because two that write to the same files would destroy them. The lock is on an
 * empty SQLite file, because the operating system releases it however the process dies. A file with a process id would
 * stay after a `kill -9`, and block the next start.
 * @param url where this process listens, for the message to other processes
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
    // Missing if the other process has only just locked the folder, and not yet written where it listens.
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

/** SQLite's error number for a locked file. */
const isBusy = (cause: unknown): boolean =>
  typeof cause === 'object' && cause !== null && 'errcode' in cause && cause.errcode === 5;
