import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { prepareAssembly } from './assembly/prepare.ts';
import { createChaos } from './chaos.ts';
import { type FolderLock, lockFolder } from './folder-lock.ts';
import { openPort } from './gateway/server.ts';
import type { Log } from './log.ts';
import { builtFolderOf, watchSources } from './reload.ts';
import { declaringProps, localSettings } from './settings.ts';
import { startStack } from './stack.ts';
import { readAssembly } from './template.ts';

export interface ChorusOptions {
  /** @default 4000; 0 takes a free one */
  readonly port?: number;
  /** Stores nothing: data lives as long as the process. */
  readonly fresh?: boolean;
  /** Seed of the chaos. @default no chaos */
  readonly chaos?: string | number;
  /** The folder for data. @default `.chorus` */
  readonly dataDir?: string;
  /** Settings, by the names of their environment variables. @default only the local defaults */
  readonly env?: Readonly<Record<string, string>>;
  /** Its only output goes to `log`. */
  readonly quiet?: boolean;
  /** Receives each line that functions print or that the runtime logs. @default stdout */
  readonly log?: (line: string) => void;
  /** Receives a line before each step of the start that takes time. @default `log` */
  readonly progress?: (line: string) => void;
  /** Rebuilds and reloads functions when their sources change. */
  readonly watch?: boolean;
}

export interface RunningChorus {
  /** E.g. `http://localhost:4000`, for HTTP and, as `ws://`, for sockets. */
  readonly url: string;
  /** Runs the schedule whose input names this job; undefined if there is none. */
  runJob(name: string): Promise<unknown> | undefined;
  /** Closes the sockets, finishes running work and frees everything. */
  stop(): Promise<void>;
}

const root = path.join(import.meta.dirname, '..');

/**
 * Starts Chorus on this machine: the cloud assembly, synthesized if necessary, and everything it names.
 * @throws Error with code EADDRINUSE if the port is in use; FolderInUse if another process uses the data folder;
 *   Error of the build, the app or a part that cannot start
 */
export async function startChorus(options: ChorusOptions = {}): Promise<RunningChorus> {
  const print = options.quiet === true && options.log === undefined ? () => {} : (options.log ?? console.log);
  const tell = options.progress ?? print;
  const log: Log = (part, line) => print(`[${shortName(part)}] ${line}`);
  const door = await openPort(options.port ?? 4000, log);
  let lock: FolderLock | undefined;
  try {
    const origin = `http://localhost:${door.port}`;
    const dataDir = options.fresh === true ? undefined : (options.dataDir ?? path.join(root, '.chorus'));
    lock = dataDir === undefined ? undefined : lockFolder(dataDir, origin);
    const settings = localSettings(options.env ?? {});
    const directory = await prepareAssembly(declaringProps(settings), tell);
    const assembly = readAssembly(directory, origin);
    const folders = new Map(assembly.functions.map((part) => [part.id, builtFolderOf(part)]));
    tell('starting the tables');
    const compileCache = path.join(root, '.chorus/compiled');
    mkdirSync(compileCache, { recursive: true });
    const stack = await startStack({
      assembly,
      door,
      origin,
      settings,
      ...(dataDir === undefined ? {} : { dataDir }),
      compileCache,
      ...(options.watch === true ? { codeDir: (part) => folders.get(part.id) ?? part.codeDir } : {}),
      ...(options.chaos === undefined ? {} : { chaos: createChaos(options.chaos) }),
      log,
    });
    tell('starting the functions');
    await stack.warm();
    const reload = (changed: readonly string[]) => {
      stack.replace([...folders].flatMap(([id, folder]) => (changed.includes(folder) ? [id] : [])));
      void stack.warm();
    };
    const watching = options.watch === true ? watchSources(reload, log) : undefined;
    return {
      url: origin,
      runJob: stack.runJob,
      async stop() {
        await watching?.stop();
        await stack.stop();
        lock?.release();
        await door.close();
      },
    };
  } catch (error) {
    lock?.release();
    await door.close();
    throw error;
  }
}

/** Shortens `ChorusSocketsFunction0A1B2C3D` to `Sockets` in logs. */
function shortName(part: string): string {
  return /^Chorus(?:Functions)?(\w+?)(?:Function)?[0-9A-F]{8}$/.exec(part)?.[1] ?? part;
}
