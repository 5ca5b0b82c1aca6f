import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { FolderInUse, lockFolder } from '../../local/folder-lock.ts';

const newFolder = () => mkdtempSync(path.join(tmpdir(), 'chorus-lock-'));
const module = path.join(import.meta.dirname, '../../local/folder-lock.ts');

const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
});

/** A process that has the folder, until it is killed: also when it keeps nothing that could release it. */
async function holder(folder: string) {
  const program = `
    import { lockFolder } from ${JSON.stringify(module)};
    lockFolder(${JSON.stringify(folder)}, 'http://localhost:4711');
    await new Promise(setImmediate); // of what was made in this turn nothing is tidied up
    gc();
    console.log('locked');
    setInterval(() => {}, 1_000);`;
  const flags = ['--expose-gc', '--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', program];
  const child = spawn(process.execPath, flags, { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  await once(child.stdout, 'data');
  return {
    pid: child.pid,
    async kill() {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

describe('a data folder', () => {
  it('is one process’s, which is named to all others, until it is killed', async () => {
    const folder = path.join(newFolder(), 'not there yet');
    const { pid, kill } = await holder(folder);
    expect(() => lockFolder(folder, 'http://localhost:1')).toThrow(
      `${folder} is in use by Chorus at http://localhost:4711 (process ${pid}).`,
    );
    await kill();
    lockFolder(folder, 'http://localhost:1').release();
  });

  it('is the same by another name', () => {
    const folder = newFolder();
    const link = `${newFolder()}/link`;
    symlinkSync(folder, link);
    const lock = lockFolder(folder, 'http://localhost:1');
    expect(() => lockFolder(link, 'http://localhost:2')).toThrow(FolderInUse);
    lock.release();
    lockFolder(link, 'http://localhost:2').release();
  });

  it('is one of many’s who want it at once', async () => {
    const folder = newFolder();
    const locks = Array.from({ length: 5 }, (_, index) => {
      try {
        return [lockFolder(folder, `http://localhost:${index}`)];
      } catch {
        return [];
      }
    }).flat();
    expect(locks).toHaveLength(1);
    locks[0]?.release();
  });
});
