import path from 'node:path';
import { type Clock, systemClock } from './clock.ts';
import { type Log, silent } from './log.ts';
import type { Access, Chaos, EventSourcePart, Invoke, QueuePart, ServiceRequest, ServiceResponse } from './parts.ts';
import { QueueFailure } from './queues/check.ts';
import { openDelayedBook } from './queues/delayed-book.ts';
import { mapQueue } from './queues/mapping.ts';
import { createQueue, type Queue, type Receipt, type RequestCounts } from './queues/queue.ts';
import { answerQueueRequest } from './queues/service.ts';

/** A message from inside the runtime, e.g. from a gateway route that leads to a queue. */
export interface OutgoingMessage {
  readonly body: string;
  readonly groupId?: string;
  readonly deduplicationId?: string;
  /** Message attributes, all of type String. */
  readonly attributes?: Readonly<Record<string, string>>;
  readonly delaySeconds?: number;
}

export interface Queues {
  /** @throws QueueFailure for a message that SQS refuses: an empty body, no group, or too large */
  send(queueArn: string, message: OutgoingMessage): Receipt;
  /** Answers one request of the SQS JSON protocol, after checking signature and permission. */
  handle(request: ServiceRequest): Promise<ServiceResponse>;
  /** Requests so far by queue ARN, as SQS would bill them. */
  counts(): Readonly<Record<string, RequestCounts>>;
  /** The number of messages in a queue, including those in flight, hidden and delayed. */
  depth(queueArn: string): number;
  /** Resolves when no queue with a function behind it has a message, except those that are due later. */
  drained(): Promise<void>;
  /** Delivers nothing more; resolves when running batches are answered. */
  stop(): Promise<void>;
}

export interface QueuesOptions {
  readonly queues: readonly QueuePart[];
  /** Only those of kind `sqs` are used. */
  readonly eventSources: readonly EventSourcePart[];
  readonly invoke: Invoke;
  readonly access: Access;
  readonly chaos?: Chaos;
  /** The longest wait of a failed message. @default the visibility timeout of its queue */
  readonly retrySoonMs?: number;
  /** The folder for messages that are due later; without it they are lost when the runtime stops. */
  readonly dataDir?: string;
  readonly clock?: Clock;
  readonly log?: Log;
}

/**
 * SQS in memory: standard and FIFO queues, their dead-letter queues, and the mappings that deliver messages to
 * functions.
 */
export function createQueues(options: QueuesOptions): Queues {
  const { access, chaos, clock = systemClock, log = silent } = options;
  const queues = new Map<string, Queue>();
  const book =
    options.dataDir === undefined ? undefined : openDelayedBook(path.join(options.dataDir, 'delayed-messages.jsonl'));
  for (const part of options.queues) {
    queues.set(part.arn, createQueue(part, clock, part.deadLetter && giveUp(part, part.deadLetter.arn), book));
  }
  for (const message of book?.left ?? []) queues.get(message.queueArn)?.restore(message);
  const sources = options.eventSources.filter((source) => source.kind === 'sqs');
  const mappings = sources.map((source) =>
    mapQueue({
      source,
      queue: queueOf(source.sourceArn),
      invoke: options.invoke,
      clock,
      log,
      chaos,
      retrySoonMs: options.retrySoonMs,
    }),
  );

  function queueOf(arn: string): Queue {
    const queue = queues.get(arn);
    if (!queue) throw new QueueFailure('QueueDoesNotExist', `There is no queue ${arn}.`);
    return queue;
  }

  function giveUp(part: QueuePart, deadLetterArn: string) {
    return (message: Parameters<Queue['acceptDead']>[0]) => {
      log('queues', `message ${message.messageId} of ${part.name} failed ${message.receiveCount} times; dead letter`);
      queueOf(deadLetterArn).acceptDead(message, part.arn);
    };
  }

  return {
    send(queueArn, { attributes = {}, delaySeconds = 0, ...message }) {
      const queue = queueOf(queueArn);
      // A standard queue does not promise an order; under chaos it does not keep one either.
      const delayMs = delaySeconds * 1000 + (queue.part.fifo ? 0 : (chaos?.delayMs() ?? 0));
      const texts = Object.entries(attributes).map(([name, stringValue]) => [
        name,
        { dataType: 'String', stringValue },
      ]);
      return queue.send({ ...message, attributes: Object.fromEntries(texts), delayMs });
    },
    handle: (request) => answerQueueRequest(queues, access, clock, request),
    counts: () => Object.fromEntries([...queues].map(([arn, { counts }]) => [arn, { ...counts }])),
    depth: (queueArn) => queueOf(queueArn).size,
    async drained() {
      for (const queue of sources.map((source) => queueOf(source.sourceArn))) await queue.emptied();
    },
    async stop() {
      await Promise.all(mappings.map((mapping) => mapping.stop()));
      for (const queue of queues.values()) queue.stop();
    },
  };
}
