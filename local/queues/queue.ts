import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { QueuePart } from '../parts.ts';
import { checkedBytes, type NewMessage } from './check.ts';
import type { DelayedBook, DelayedMessage } from './delayed-book.ts';
import { createFifoStore } from './fifo.ts';
import { type Message, md5 } from './message.ts';
import { createStandardStore } from './standard.ts';

/** The receipt of a message, or of an equal one that was sent less than five minutes ago. */
export interface Receipt {
  readonly messageId: string;
  readonly sequenceNumber?: string;
}

/** Requests as SQS bills them: one per 64 KB of a call. */
export interface RequestCounts {
  send: number;
  receive: number;
  delete: number;
}

export interface Queue {
  readonly part: QueuePart;
  readonly counts: RequestCounts;
  /** The number of messages that can be received now, and of all messages. */
  readonly ready: number;
  readonly size: number;
  /** @throws QueueFailure for a message that SQS refuses */
  send(message: NewMessage): Receipt;
  /** Receives messages. Each stays invisible until it is deleted or its `returnAfter` has passed. */
  receive(limit: number): Message[];
  find(receiptHandle: string): Message | undefined;
  /** Deletes messages that are still in flight under these handles. */
  delete(receiptHandles: readonly string[]): void;
  /**
   * Sets when a received message becomes visible again. Beyond its allowed receipts it goes to the dead-letter queue.
   */
  returnAfter(message: Message, delayMs: number): void;
  /** Calls `listener` whenever there may be something to receive; the returned function unsubscribes it. */
  onReady(listener: () => void): () => void;
  /** Resolves when the queue contains only messages that are due later. */
  emptied(): Promise<void>;
  /** Adds a delayed message of the previous process. */
  restore(message: DelayedMessage): void;
  /** Adds a message that another queue gave up. */
  acceptDead(message: Message, source: string): void;
  /** Cancels all scheduled returns. */
  stop(): void;
}

const deduplicationMs = 5 * 60_000;
const maxBatchBytes = 6 * 1024 * 1024;
const billedBytes = 64 * 1024;
/** The most messages per call. */
const callSize = 10;

/**
 * One queue: which messages it accepts, which duplicates it recognizes, which messages are in flight and when they
 * return.
 *
 * @param giveUp takes a message that was received too often; undefined if the queue has no dead-letter queue
 * @param book stores messages that are due later; without it they are lost with the process
 */
export function createQueue(
  part: QueuePart,
  clock: Clock,
  giveUp?: (message: Message) => void,
  book?: Omit<DelayedBook, 'left'>,
): Queue {
  const store = part.fifo ? createFifoStore() : createStandardStore();
  const received = new Map<string, Message>();
  const delayed = new Set<() => void>();
  /** Ids of messages that are in the book. */
  const booked = new Set<string>();
  const recent = new Map<string, Receipt & { readonly until: number }>();
  const listeners = new Set<() => void>();
  const counts: RequestCounts = { send: 0, receive: 0, delete: 0 };
  let emptyWaiters: (() => void)[] = [];
  let sent = 0;

  function add(message: Message): void {
    store.add(message);
    wake();
  }

  function wake(): void {
    for (const listener of listeners) listener();
  }

  function announceEmpty(): void {
    if (store.size > 0) return;
    for (const resolve of emptyWaiters) resolve();
    emptyWaiters = [];
  }

  function forgetOld(now: number): void {
    for (const [id, { until }] of recent) {
      if (until > now) return;
      recent.delete(id);
    }
  }

  function comeBack(message: Message): void {
    release(message);
    if (giveUp && part.deadLetter && message.receiveCount >= part.deadLetter.maxReceiveCount) {
      remove(message);
      giveUp(message);
    } else {
      store.putBack(message);
    }
    wake();
    announceEmpty();
  }

  function remove(message: Message): void {
    store.remove(message);
    if (booked.delete(message.messageId)) book?.crossOut(message.messageId);
  }

  function release(message: Message): void {
    if (message.receiptHandle !== undefined) received.delete(message.receiptHandle);
    message.receiptHandle = undefined;
    message.cancelReturn?.();
    message.cancelReturn = undefined;
  }

  function take(input: NewMessage, bytes: number, messageId: string = randomUUID()): Receipt {
    sent += 1;
    const sequenceNumber = part.fifo ? String(sent).padStart(20, '0') : undefined;
    const message: Message = {
      messageId,
      body: input.body,
      attributes: input.attributes ?? {},
      bytes,
      sentAt: clock.now(),
      ...(input.groupId === undefined ? {} : { groupId: input.groupId }),
      ...(input.deduplicationId === undefined ? {} : { deduplicationId: input.deduplicationId }),
      ...(sequenceNumber === undefined ? {} : { sequenceNumber }),
      receiveCount: 0,
      firstReceivedAt: 0,
    };
    if (input.delayMs !== undefined && input.delayMs > 0) {
      if (book && !booked.has(messageId)) {
        book.enter({ queueArn: part.arn, messageId, message: input, dueAt: clock.now() + input.delayMs });
        booked.add(messageId);
      }
      const cancel = clock.after(input.delayMs, () => {
        delayed.delete(cancel);
        add(message);
      });
      delayed.add(cancel);
    } else {
      add(message);
    }
    return { messageId, ...(sequenceNumber === undefined ? {} : { sequenceNumber }) };
  }

  return {
    part,
    counts,
    get ready() {
      return store.ready;
    },
    get size() {
      return store.size + delayed.size;
    },
    send(input) {
      const bytes = checkedBytes(part, input);
      counts.send += Math.ceil(bytes / billedBytes);
      if (!part.fifo) return take(input, bytes);
      const deduplicationId = input.deduplicationId ?? md5(input.body);
      const now = clock.now();
      forgetOld(now);
      const scope = part.deduplicationScope === 'messageGroup' ? `${input.groupId} ` : '';
      const earlier = recent.get(scope + deduplicationId);
      if (earlier) return earlier;
      const receipt = take({ ...input, deduplicationId }, bytes);
      recent.set(scope + deduplicationId, { ...receipt, until: now + deduplicationMs });
      return receipt;
    },
    receive(limit) {
      const batch = store.take(limit, maxBatchBytes);
      for (const message of batch) {
        message.receiveCount += 1;
        message.firstReceivedAt ||= clock.now();
        message.receiptHandle = `${message.messageId}.${message.receiveCount}`;
        received.set(message.receiptHandle, message);
      }
      const bytes = batch.reduce((sum, message) => sum + message.bytes, 0);
      counts.receive += Math.max(1, Math.ceil(bytes / billedBytes), Math.ceil(batch.length / callSize));
      return batch;
    },
    find: (receiptHandle) => received.get(receiptHandle),
    delete(receiptHandles) {
      counts.delete += Math.ceil(receiptHandles.length / callSize);
      for (const handle of receiptHandles) {
        const message = received.get(handle);
        if (!message) continue;
        release(message);
        remove(message);
      }
      if (store.ready > 0) wake();
      announceEmpty();
    },
    returnAfter(message, delayMs) {
      message.cancelReturn?.();
      message.cancelReturn = clock.after(delayMs, () => comeBack(message));
    },
    onReady(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    emptied: () =>
      new Promise((resolve) => {
        emptyWaiters.push(resolve);
        announceEmpty();
      }),
    restore({ messageId, message, dueAt }) {
      booked.add(messageId);
      take({ ...message, delayMs: dueAt - clock.now() }, checkedBytes(part, message), messageId);
    },
    acceptDead: (message, source) =>
      add({ ...message, deadLetterSource: source, receiveCount: 0, firstReceivedAt: 0, sentAt: clock.now() }),
    stop() {
      for (const cancel of delayed) cancel();
      for (const message of received.values()) message.cancelReturn?.();
    },
  };
}
