import type { Clock } from '../clock.ts';
import type { TableClient } from '../dynamodb/client.ts';
import type { Log } from '../log.ts';
import type { Chaos, EventSourcePart, Invoke, TablePart } from '../parts.ts';
import { deliver } from './delivery.ts';
import { matchesPattern } from './filter.ts';
import { changesSomething, type EngineRecord, toStreamRecord } from './record.ts';
import { createStreamSource, type Position } from './source.ts';

/** Delivers one stream to one function. */
export interface StreamReader {
  readonly id: string;
  readonly tableName: string;
  readonly position: Position | undefined;
  /** There may be something to read soon. */
  wake(): void;
  /** Reads now; resolves when nothing is left and everything is delivered. */
  settled(): Promise<void>;
  stop(): Promise<void>;
}

export interface ReaderOptions {
  readonly client: TableClient;
  readonly source: EventSourcePart;
  readonly table: TablePart;
  readonly kept: Position | undefined;
  readonly invoke: Invoke;
  readonly clock: Clock;
  readonly log: Log;
  readonly chaos?: Chaos | undefined;
  readonly expired: (record: EngineRecord) => boolean;
  readonly giveUp: (report: Readonly<Record<string, unknown>>) => void;
  /** Called after each finished batch. */
  readonly onAdvance: () => void;
}

const pauseAfterWriteMs = 100;
/** Writes that bypass the proxy are noticed after this time. */
const idlePauseMs = 2_000;

/**
 * The batches of a stream go one at a time, so that the changes of an item stay in order; later ones may wait behind
 * them.
 */
export function createReader(options: ReaderOptions): StreamReader {
  const { source, table, clock, log, chaos } = options;
  const stream = createStreamSource(options.client, table.name, options.kept);
  const soonMs = Math.max(pauseAfterWriteMs, source.batchWindowSeconds * 1000);
  const pauses = new Set<() => void>();
  let running: Promise<void> | undefined;
  /** Requested during a run: poll once more before pausing. */
  let again = false;
  let isDueSoon = false;
  let cancelTimer: (() => void) | undefined;
  let stopped = false;

  function schedule(delayMs: number): void {
    cancelTimer?.();
    cancelTimer = stopped ? undefined : clock.after(delayMs, () => void run());
  }

  function run(): Promise<void> {
    isDueSoon = false;
    again = true;
    running ??= drainWhileAsked()
      .catch((error: unknown) => log('streams', `${source.id}: ${String(error)}`))
      .finally(() => {
        running = undefined;
        if (!isDueSoon) schedule(idlePauseMs);
      });
    return running;
  }

  async function drainWhileAsked(): Promise<void> {
    while (again && !stopped) {
      again = false;
      while (!stopped && (await deliverNext())) options.onAdvance();
    }
  }

  /** Delivers one batch; `false` if there is none, or the runtime stopped before it was finished. */
  async function deliverNext(): Promise<boolean> {
    const records = await stream.read(source.batchSize);
    const last = records.at(-1);
    if (!last) return false;
    const wanted = records
      .filter(changesSomething)
      .map((record) => toStreamRecord(record, source.sourceArn, options.expired(record)))
      .filter((record) => source.filters.length === 0 || source.filters.some((each) => matchesPattern(record, each)));
    for (let times = chaos?.duplicates() ? 2 : 1; times > 0 && wanted.length > 0; times -= 1) {
      if (!(await deliver(wanted, { ...options, pause }))) return false;
    }
    stream.advance(last);
    return true;
  }

  function pause(ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      if (stopped) return resolve(false);
      const end = () => {
        cancel();
        pauses.delete(end);
        resolve(!stopped);
      };
      const cancel = clock.after(ms, end);
      pauses.add(end);
    });
  }

  schedule(soonMs);
  return {
    id: source.id,
    tableName: table.name,
    get position() {
      return stream.position;
    },
    wake() {
      if (isDueSoon) return;
      isDueSoon = true;
      schedule(soonMs);
    },
    settled: run,
    async stop() {
      stopped = true;
      cancelTimer?.();
      for (const end of pauses) end();
      await running;
    },
  };
}
