import { fork } from 'node:child_process';
import { once } from 'node:events';

/** A server in a process of its own, so that clients and server only share the machine. */
export interface ServerProcess {
  /** E.g. `ws://localhost:4000/live`. */
  readonly socketUrl: string;
  stop(): Promise<void>;
}

/** Chorus as `npm start` runs it, on a free port, with data in a temporary file. */
export const startChorusProcess = (): Promise<ServerProcess> => start('./chorus-process.ts');

/** The server to compare rooms with: a room in memory, nothing stored, one process. */
export const startMemoryProcess = (): Promise<ServerProcess> => start('./memory-process.ts');

/** Buckets in memory, nothing stored, one process. */
export const startMemoryStoreProcess = (): Promise<ServerProcess> => start('../store/memory-process.ts');

/** Nodes in memory, nothing checked, one process. */
export const startMemoryNodesProcess = (): Promise<ServerProcess> => start('../nodes/memory-process.ts');

/** Keys of instances in memory, nothing stored, one process. */
export const startMemoryKeysProcess = (): Promise<ServerProcess> => start('../memory/memory-process.ts');

/** The server to compare branches with: Hocuspocus, with documents in memory. */
export const startHocuspocusProcess = (): Promise<ServerProcess> => start('../branches/hocuspocus-process.ts');

/** Node as `npm start` runs it. */
const execArgv = ['--v8-pool-size=1', '--max-semi-space-size=32'];

async function start(file: string): Promise<ServerProcess> {
  const child = fork(new URL(file, import.meta.url), { execArgv, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`${file} ended with code ${code} before it was ready`);
  });
  const [socketUrl] = await Promise.race([once(child, 'message'), ended]);
  ended.catch(() => {}); // it ends when it is told to
  return {
    socketUrl,
    async stop() {
      const gone = once(child, 'exit');
      child.send('stop');
      await gone;
    },
  };
}
