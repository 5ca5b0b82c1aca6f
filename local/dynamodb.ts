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
  /** The engine's own endpoint. Functions use the proxy, which checks their permissions. */
  readonly endpoint: string;
  readonly client: TableClient;
  readonly expiry: Expiry;
  stop(): Promise<void>;
}

export interface DynamoDbOptions {
  readonly tables: readonly TablePart[];
  /** The folder for `table.db`; without it data is lost when the engine stops. */
  readonly dataDir?: string;
  /** An engine that is already running, e.g. `DYNAMODB_ENDPOINT`. Its data is not managed here. */
  readonly endpoint?: string;
  readonly clock?: Clock;
  readonly log?: Log;
}

const sweepEveryMs = 2 * 60_000;
const tendEveryMs = 60 * 60_000;

/**
 * Starts the engine or connects to a running one, and creates the tables. Expired items are deleted every two minutes,
 * or on request.
 *
 * @throws Error if there is no engine for this platform, or the stored data does not fit the template
 */
export async function startDynamoDb(options: DynamoDbOptions): Promise<DynamoDb> {
  const { tables, clock = systemClock, log = silent } = options;
  const { engine, dbPath } = options.endpoint === undefined ? await own(options.dataDir) : joined(options.endpoint);
  const client = createTableClient(engine.endpoint);
  const expiry = createExpiry(client, tables);
  /** Failed upkeep is logged, and retried the next time. */
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
  /** The engine's file, if this process maintains it. */
  readonly dbPath?: string;
}

/**
 * Without a data folder, there is a temporary file for as long as the engine runs, because the emulator's memory cannot
 * have the index that its streams need.
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

/** An engine that another process started: used, and not stopped. */
function joined(endpoint: string): Source {
  return { engine: { endpoint, stop: () => Promise.resolve(), unref: () => {} } };
}
