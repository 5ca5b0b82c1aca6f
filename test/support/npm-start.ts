import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** `npm start` in a process of its own, as typed by a user. */
export interface Running {
  /** E.g. `http://localhost:41234`. */
  readonly url: string;
  /** E.g. `ws://localhost:41234/live`. */
  readonly socketUrl: string;
  /** `kill -9` of npm, the shell and Node; the engine of the tables notices by itself. */
  kill(): Promise<void>;
  /** SIGTERM to all of them: Node says goodbye and ends. @returns everything that was printed */
  stop(): Promise<string>;
}

const root = path.join(import.meta.dirname, '../..');
const ready = /Chorus is ready at (\S+)/;

/** A folder for the data of one test. */
export const newDataDir = (): string => mkdtempSync(path.join(tmpdir(), 'chorus-e2e-'));

/** @throws Error with what it printed when it ends before it is ready */
export async function npmStart(...flags: string[]): Promise<Running> {
  // The engine of the test run is not its own; it starts one, as at home.
  const env = { ...process.env, DYNAMODB_ENDPOINT: undefined };
  const child = spawn('npm', ['start', '--', ...flags], {
    cwd: root,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  // Waits until no process holds its output any more, because npm itself ends before Node does.
  const ended = once(child, 'close');
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
  }
  const url = await readyAt(child, () => printed);
  return {
    url,
    socketUrl: `${url.replace('http', 'ws')}/live`,
    async kill() {
      signalAll(child, 'SIGKILL');
      await ended;
    },
    async stop() {
      signalAll(child, 'SIGTERM');
      await ended;
      return printed;
    },
  };
}

function readyAt(child: ChildProcess, printed: () => string): Promise<string> {
  return new Promise((resolve, reject) => {
    child.stdout?.on('data', () => {
      const url = ready.exec(printed())?.[1];
      if (url) resolve(url);
    });
    child.once('error', reject);
    child.once('close', (code) => reject(new Error(`npm start ended with code ${code}:\n${printed()}`)));
  });
}

/** Detached, it leads a process group: npm, its shell and Node are all in it. */
function signalAll(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // No process is left.
  }
}
