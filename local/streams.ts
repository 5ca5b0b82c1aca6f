import { join } from 'node:path';
import { type Clock, systemClock } from './clock.ts';
import type { TableClient } from './dynamodb/client.ts';
import { readJson, writeJson } from './json-file.ts';
import { type Log, silent } from './log.ts';
import type { Chaos, EventSourcePart, Invoke, TablePart } from './parts.ts';
import { createReader, type StreamReader } from './streams/reader.ts';
import type { EngineRecord } from './streams/record.ts';
import type { Position } from './streams/source.ts';

/** Delivers the changes of tables to functions. */
export interface Streams {
  /** A table was written: its readers poll within 100 ms. Cheap enough for every write. */
  written(tableName: string): void;
  /** Reads until nothing is left and everything is delivered. */
  settled(): Promise<void>;
  /** Resolves when running batches are answered, and positions are stored. */
  stop(): Promise<void>;
}

export interface StreamsOptions {
  readonly client: TableClient;
  readonly tables: readonly TablePart[];
  /** Only those of kind `stream` are used. */
  readonly eventSources: readonly EventSourcePart[];
  readonly invoke: Invoke;
  /** Sends the report of a batch that was given up to the queue that its mapping names. */
  readonly sendToQueue: (queueArn: string, body: string) => void;
  /** Whether the item was removed because it expired. */
  readonly expired?: (tableName: string, keys: Readonly<Record<string, unknown>>) => boolean;
  /** The folder that keeps positions over a restart; without it, reading starts at the oldest record. */
  readonly dataDir?: string;
  readonly chaos?: Chaos;
  readonly clock?: Clock;
  readonly log?: Log;
}

const keepPositionsEveryMs = 1_000;

/** One reader per mapping, each with its own position in its table's stream. */
export function startStreams(options: StreamsOptions): Streams {
  const { clock = systemClock, log = silent, dataDir } = options;
  const path = dataDir === undefined ? undefined : join(dataDir, 'streams.json');
  const kept = path === undefined ? {} : readJson<Record<string, Position>>(path, {});
  /** The records found to be expiries, for every reader of the same stream and for batches that are read again. */
  const expiries = new Set<string>();
  let cancelKeep: (() => void) | undefined;

  function expired(tableName: string, { eventName, dynamodb }: EngineRecord): boolean {
    if (eventName !== 'REMOVE') return false;
    const name = `${tableName} ${dynamodb.SequenceNumber}`;
    if (options.expired?.(tableName, dynamodb.Keys)) expiries.add(name);
    return expiries.has(name);
  }

  function keepPositions(): void {
    cancelKeep = undefined;
    const positions = readers.flatMap(({ id, position }) => (position ? [[id, position] as const] : []));
    if (path !== undefined) writeJson(path, Object.fromEntries(positions));
  }

  function readerOf(source: EventSourcePart): StreamReader {
    const table = options.tables.find((each) => each.streamArn === source.sourceArn);
    if (!table) throw new Error(`${source.id} reads ${source.sourceArn}, which no table has.`);
    return createReader({
      client: options.client,
      source,
      table,
      kept: kept[source.id],
      invoke: options.invoke,
      clock,
      log,
      chaos: options.chaos,
      expired: (record) => expired(table.name, record),
      giveUp(report) {
        log('streams', `${source.id} gave up a batch: ${JSON.stringify(report.DDBStreamBatchInfo)}`);
        if (source.deadLetterArn !== undefined) options.sendToQueue(source.deadLetterArn, JSON.stringify(report));
      },
      onAdvance() {
        cancelKeep ??= clock.after(keepPositionsEveryMs, keepPositions);
      },
    });
  }

  const readers = options.eventSources.filter((source) => source.kind === 'stream').map(readerOf);
  return {
    written(tableName) {
      for (const reader of readers) if (reader.tableName === tableName) reader.wake();
    },
    async settled() {
      for (const reader of readers) await reader.settled();
    },
    async stop() {
      await Promise.all(readers.map((reader) => reader.stop()));
      cancelKeep?.();
      keepPositions();
    },
  };
}
