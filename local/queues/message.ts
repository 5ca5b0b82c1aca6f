import { hash } from 'node:crypto';
import type { QueuePart } from '../parts.ts';

/** A message attribute in SQS: text (also for numbers), or bytes in base64. */
export interface MessageAttribute {
  readonly dataType: string;
  readonly stringValue?: string;
  readonly binaryValue?: string;
}

/** A message in a queue. Only the store and the queue change its mutable part. */
export interface Message {
  readonly messageId: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, MessageAttribute>>;
  /** Body and attributes together. */
  readonly bytes: number;
  readonly sentAt: number;
  readonly groupId?: string;
  readonly deduplicationId?: string;
  readonly sequenceNumber?: string;
  /** The queue it came from, in a dead-letter queue. */
  readonly deadLetterSource?: string;
  receiveCount: number;
  firstReceivedAt: number;
  /** Set while a consumer processes the message; a new one at every receipt. */
  receiptHandle?: string | undefined;
  /** Cancels its return to the queue, if a return is scheduled. */
  cancelReturn?: (() => void) | undefined;
}

export function md5(text: string): string {
  return hash('md5', text);
}

/** Amazon's digest of message attributes: names in order, each part preceded by its length. */
export function md5OfAttributes(attributes: Readonly<Record<string, MessageAttribute>>): string | undefined {
  const names = Object.keys(attributes).sort();
  if (names.length === 0) return undefined;
  const parts = names.flatMap((name) => {
    const { dataType, stringValue, binaryValue } = attributes[name] ?? { dataType: '' };
    const value = binaryValue === undefined ? Buffer.from(stringValue ?? '') : Buffer.from(binaryValue, 'base64');
    const transport = Buffer.from([binaryValue === undefined ? 1 : 2]);
    return [...sized(Buffer.from(name)), ...sized(Buffer.from(dataType)), transport, ...sized(value)];
  });
  return hash('md5', Buffer.concat(parts));
}

function sized(bytes: Buffer): Buffer[] {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return [length, bytes];
}

/** SQS's system attributes of a message; numbers are text. */
export function systemAttributes(message: Message): Record<string, string> {
  return {
    ApproximateReceiveCount: String(message.receiveCount),
    SentTimestamp: String(message.sentAt),
    ...(message.sequenceNumber === undefined ? {} : { SequenceNumber: message.sequenceNumber }),
    ...(message.groupId === undefined ? {} : { MessageGroupId: message.groupId }),
    SenderId: 'AROALOCAL:chorus',
    ...(message.deduplicationId === undefined ? {} : { MessageDeduplicationId: message.deduplicationId }),
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt),
    ...(message.deadLetterSource === undefined ? {} : { DeadLetterQueueSourceArn: message.deadLetterSource }),
  };
}

/** One of `Records` in the event that a function gets. */
export function eventRecord(queue: QueuePart, message: Message): Record<string, unknown> {
  const names = Object.keys(message.attributes);
  return {
    messageId: message.messageId,
    receiptHandle: message.receiptHandle,
    body: message.body,
    attributes: systemAttributes(message),
    messageAttributes: Object.fromEntries(
      names.map((name) => [name, { ...message.attributes[name], stringListValues: [], binaryListValues: [] }]),
    ),
    md5OfBody: md5(message.body),
    ...(names.length === 0 ? {} : { md5OfMessageAttributes: md5OfAttributes(message.attributes) }),
    eventSource: 'aws:sqs',
    eventSourceARN: queue.arn,
    awsRegion: 'us-east-1',
  };
}
