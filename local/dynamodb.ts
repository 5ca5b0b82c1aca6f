import { existsSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, every, systemClock } from './clock.ts';
import { createTableClient, type TableClient } from './dynamodb/client.ts';
import { type Engine, startEngine } from './dynamodb/engine.ts';
import { createExpiry, type Expiry } from './dynamodb/expiry.ts';
import { tendStreamRecords } from './dynamodb/file.ts';
import { createTables } from './dynamodb/tables.ts';
import { type Log, silent } from './log.ts';
import type { TablePart } from './parts.ts';

/** DynamoDB on the laptop: the tables of the template, ready for use. */
export interface DynamoDb {
  /** Where the engine itself listens; functions go through the proxy that checks what they may do. */
  readonly endpoint: string;
  readonly client: TableClient;
  readonly expiry: Expiry;
  stop(): Promise<void>;
}

export interface DynamoDbOptions {
  readonly tables: readonly TablePart[];
  /** Folder for `table.db`; without it data goes when the engine stops. */
  readonly dataDir?: string;
  /** An engine that runs already, e.g. `DYNAMODB_ENDPOINT`; its data is its own affair. */
  readonly endpoint?: string;
  readonly clock?: Clock;
  readonly log?: Log;
}

const sweepEveryMs = 2 * 60_000;
const tendEveryMs = 60 * 60_000;

/**
 * Starts the engine or joins a running one, and makes the tables. Expired items go every two minutes, or when asked.
 *
 * @throws Error when no engine can be had on this platform, or the kept data does not fit the template
 */
export async function startDynamoDb(options: DynamoDbOptions): Promise<DynamoDb> {
  const { tables, clock = systemClock, log = silent } = options;
  const { engine, dbPath } = options.endpoint === undefined ? await own(options.dataDir) : joined(options.endpoint);
  const client = createTableClient(engine.endpoint);
  const expiry = createExpiry(client, tables);
  /** Upkeep that fails is logged, and tried again at its next turn. */
  const failed = (error: unknown) => log('dynamodb', `upkeep failed: ${String(error)}`);

  const tend = (path: string) => {
    try {
      tendStreamRecords(path, clock.now());
    } catch (error) {
      failed(error);
    }
  };

  try {
    if (dbPath !== undefined) tendStreamRecords(dbPath, clock.now());
    await createTables(client, tables);
  } catch (error) {
    client.close();
    await engine.stop();
    throw error;
  }
  const timers = [every(clock, sweepEveryMs, () => void expiry.sweep(clock.now()).catch(failed))];
  if (dbPath !== undefined) timers.push(every(clock, tendEveryMs, () => tend(dbPath)));

  return {
    endpoint: engine.endpoint,
    client,
    expiry,
    async stop() {
      for (const cancel of timers) cancel();
      client.close();
      await engine.stop();
    },
  };
}

interface Source {
  readonly engine: Engine;
  /** The engine's file, where it is ours to tend. */
  readonly dbPath?: string;
}

/**
 * Without a folder to keep the data in there is one for as long as the engine runs: a file of its own, since the emulator's
 * memory cannot be given the index that its streams need.
 */
async function own(dataDir: string | undefined): Promise<Source> {
  if (dataDir === undefined) {
    const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'chorus-'));
    const dbPath = join(folder, 'table.db');
    return { engine: await startEngine({ dbPath, removeAfter: folder }), dbPath };
  }
  mkdirSync(dataDir, { recursive: true });
  const dbPath = join(dataDir, 'table.db');
  return { engine: await startEngine({ dbPath }), dbPath };
}

/** An engine that another process started: used, and left running. */
function joined(endpoint: string): Source {
  return { engine: { endpoint, stop: () => Promise.resolve(), unref: () => {} } };
}
