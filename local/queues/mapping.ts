import { availableParallelism } from 'node:os';
import { readBatchResponse } from '../batch-response.ts';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { Chaos, EventSourcePart, Invoke } from '../parts.ts';
import { eventRecord, type Message } from './message.ts';
import type { Queue } from './queue.ts';

/** Delivers the messages of one queue to one function. */
export interface QueueMapping {
  /** Receives no further batch; resolves when running ones are answered. */
  stop(): Promise<void>;
}

export interface MappingOptions {
  readonly source: EventSourcePart;
  readonly queue: Queue;
  readonly invoke: Invoke;
  readonly clock: Clock;
  readonly log: Log;
  readonly chaos?: Chaos | undefined;
  /** The longest wait of a failed message; without it the queue's visibility timeout. */
  readonly retrySoonMs?: number | undefined;
}

/** Concurrent batches if the template sets no limit. More than there are processors only help functions that wait. */
const defaultConcurrency = 10;
/** After this time an invocation counts as waiting, and its processor as free for another. */
const waitingAfterMs = 250;

/**
 * Delivers messages as soon as they arrive and a processor is free. So a single message does not wait for others, and a
 * burst leaves in full batches. A failed batch, or its failed items, come back after the visibility timeout, counted
 * from their receipt.
 */
export function mapQueue({ source, queue, invoke, clock, log, chaos, retrySoonMs }: MappingOptions): QueueMapping {
  const limit = source.maximumConcurrency ?? defaultConcurrency;
  const processors = Math.min(limit, availableParallelism());
  const windowMs = source.batchWindowSeconds * 1000;
  const running = new Set<Promise<void>>();
  let computing = 0;
  let stopped = false;
  let pumpIsDue = false;
  /** A batch that is not full waits for the end of the window; undefined if no window is open. */
  let cancelWindow: (() => void) | undefined;
  let windowIsOver = windowMs === 0;

  /** Runs after the current turn of the event loop, so that messages which arrive in one turn share a batch. */
  function wake(): void {
    if (pumpIsDue || stopped) return;
    pumpIsDue = true;
    setImmediate(pump);
  }

  function pump(): void {
    pumpIsDue = false;
    while (!stopped && computing < processors && running.size < limit && queue.ready > 0 && mayLeave()) {
      const batch = queue.receive(source.batchSize);
      closeWindow();
      const run = deliver(batch).finally(() => {
        running.delete(run);
        wake();
      });
      running.add(run);
    }
  }

  function mayLeave(): boolean {
    if (windowIsOver || queue.ready >= source.batchSize) return true;
    cancelWindow ??= clock.after(windowMs, () => {
      windowIsOver = true;
      pump();
    });
    return false;
  }

  function closeWindow(): void {
    cancelWindow?.();
    cancelWindow = undefined;
    windowIsOver = windowMs === 0;
  }

  async function deliver(batch: readonly Message[]): Promise<void> {
    const receivedAt = clock.now();
    const handles = batch.map((message) => message.receiptHandle ?? '');
    computing += 1;
    let isComputing = true;
    const yieldProcessor = () => {
      if (isComputing) computing -= 1;
      isComputing = false;
    };
    const cancelYield = clock.after(waitingAfterMs, () => {
      yieldProcessor();
      wake();
    });
    const event = { Records: batch.map((message) => eventRecord(queue.part, message)) };
    const outcome = await invoke(source.functionId, event).catch((error: unknown) => ({
      ok: false as const,
      reason: 'crash' as const,
      message: String(error),
    }));
    cancelYield();
    yieldProcessor();

    const identifiers = new Set(batch.map((message) => message.messageId));
    const verdict = readBatchResponse(outcome, source.reportsItemFailures, identifiers);
    if (verdict.all) log('queues', `${source.functionId} failed a batch of ${batch.length}: ${verdict.why}`);
    const visibleInMs = Math.max(0, receivedAt + queue.part.visibilitySeconds * 1000 - clock.now());
    const done: string[] = [];
    for (const [at, message] of batch.entries()) {
      const handle = handles[at] ?? '';
      // Its visibility timeout, shortened by the function, may have passed, so another consumer may have the message.
      if (message.receiptHandle !== handle) continue;
      if (verdict.all || verdict.failed.has(message.messageId)) {
        // If the function itself set the time of the message's return, that time stays.
        if (!message.cancelReturn) queue.returnAfter(message, Math.min(visibleInMs, retrySoonMs ?? visibleInMs));
      } else if (message.receiveCount === 1 && chaos?.duplicates()) {
        queue.returnAfter(message, 0);
      } else {
        done.push(handle);
      }
    }
    if (done.length > 0) queue.delete(done);
  }

  const unsubscribe = queue.onReady(wake);
  // Messages that became due while no process was running are already in the queue.
  wake();
  return {
    async stop() {
      stopped = true;
      unsubscribe();
      closeWindow();
      while (running.size > 0) await Promise.all(running);
    },
  };
}
