import { type ChildProcess, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { createServer, Socket } from 'node:net';
import { join } from 'node:path';

/** A running emulator: `dynoxide`, SQLite behind DynamoDB's own protocol. */
export interface Engine {
  readonly endpoint: string;
  /** Resolves once it has ended and the file is closed. */
  stop(): Promise<void>;
  /** Lets the process end without waiting for the engine, which then ends on its own. */
  unref(): void;
}

export interface EngineOptions {
  /** The file for data; without it data lives in memory. */
  readonly dbPath?: string;
  /** A folder to delete after the engine has ended. */
  readonly removeAfter?: string;
}

/**
 * The shell stays beside the engine and ends it when its own standard input closes, which happens however our process
 * dies. So no engine outlives a `kill -9` of the runtime, and the next start finds the file unlocked.
 */
const watched = `trap "" PIPE; exec 3<&0; "$0" "$@" </dev/null & engine=$!
{ cat <&3 >/dev/null; kill -TERM $engine 2>/dev/null; } & exec 3<&-; wait $engine; ended=$?
[ -z "$REMOVE_AFTER" ] || rm -rf "$REMOVE_AFTER"; exit $ended`;

const attempts = 3;

/**
 * Starts the emulator on a free port of this machine.
 *
 * @throws Error when there is no engine for this platform, or it does not start
 */
export async function startEngine(options: EngineOptions = {}): Promise<Engine> {
  const binary = engineBinary();
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await launch(binary, await freePort(), options);
    } catch (error) {
      // Another process may have taken the free port before the engine did.
      if (attempt === attempts) throw error;
    }
  }
}

/** The emulator's binary, installed as an optional dependency named after platform and processor. */
function engineBinary(): string {
  const name = `@dynoxide/${process.platform}-${process.arch}`;
  try {
    const folder = join(createRequire(import.meta.url).resolve(`${name}/package.json`), '..');
    return join(folder, process.platform === 'win32' ? 'dynoxide.exe' : 'dynoxide');
  } catch (cause) {
    throw new Error(
      `There is no DynamoDB emulator for ${process.platform}-${process.arch} here. Either \`npm install ${name}\`, or start ` +
        'DynamoDB Local (with -sharedDb) and set DYNAMODB_ENDPOINT, e.g. DYNAMODB_ENDPOINT=http://127.0.0.1:8000.',
      { cause },
    );
  }
}

async function launch(binary: string, port: number, { dbPath, removeAfter }: EngineOptions): Promise<Engine> {
  const argv = ['-p', String(port), ...(dbPath === undefined ? [] : ['--db-path', dbPath])];
  const [command, words] =
    process.platform === 'win32' ? [binary, argv] : ['/bin/sh', ['-c', watched, binary, ...argv]];
  // In its own session: Ctrl-C must reach the runtime first, which still has to close its sockets.
  const child = spawn(command, words, {
    stdio: ['pipe', 'ignore', 'pipe'],
    detached: process.platform !== 'win32',
    env: { ...process.env, REMOVE_AFTER: removeAfter ?? '' },
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.once('exit', () => child.stdin.destroy());
  await listening(child);
  return {
    endpoint: `http://127.0.0.1:${port}`,
    async stop() {
      child.ref();
      if (process.platform === 'win32') child.kill();
      child.stdin.end();
      await ended;
    },
    unref() {
      child.unref();
      for (const stream of [child.stdin, child.stderr]) if (stream instanceof Socket) stream.unref();
    },
  };
}

/**
 * Resolves at the emulator's first error output that shows it is running. What it prints before it dies becomes the
 * error.
 */
function listening(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-2_000);
      if (said.includes('listening on')) resolve();
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`The DynamoDB emulator ended with code ${code}: ${said.trim()}`)));
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}
