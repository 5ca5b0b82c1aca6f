import type { QueuePart } from '../parts.ts';
import type { MessageAttribute } from './message.ts';

/** A refusal of SQS, in its own words. */
export class QueueFailure extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export interface NewMessage {
  readonly body: string;
  readonly attributes?: Readonly<Record<string, MessageAttribute>>;
  readonly groupId?: string;
  readonly deduplicationId?: string;
  /** Standard queues only: the message is not delivered before this time. */
  readonly delayMs?: number;
}

const maxMessageBytes = 256 * 1024;
const maxAttributes = 10;

/** Text that SQS refuses: XML's forbidden characters. */
const forbidden = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u;

/**
 * The size in bytes of a message that the queue accepts.
 *
 * @throws QueueFailure for a message that it refuses
 */
export function checkedBytes(
  part: QueuePart,
  { body, attributes = {}, groupId, deduplicationId, delayMs }: NewMessage,
): number {
  if (body === '') throw new QueueFailure('MissingParameter', 'The request must contain the parameter MessageBody.');
  let bytes = Buffer.byteLength(body);
  for (const [name, { dataType, stringValue, binaryValue }] of Object.entries(attributes)) {
    const value = stringValue ?? binaryValue ?? '';
    if (value === '') {
      throw invalid(`Message (user) attribute '${name}' must contain a non-empty value of type '${dataType}'.`);
    }
    if (forbidden.test(value))
      throw new QueueFailure('InvalidMessageContents', `Attribute '${name}' has characters that are not allowed.`);
    bytes += Buffer.byteLength(name) + Buffer.byteLength(dataType) + Buffer.byteLength(value);
  }
  if (Object.keys(attributes).length > maxAttributes)
    throw invalid('Number of message attributes exceeds the allowed maximum [10].');
  if (forbidden.test(body))
    throw new QueueFailure('InvalidMessageContents', 'The body has characters that are not allowed.');
  if (bytes > maxMessageBytes)
    throw invalid(`One or more parameters are invalid. Reason: Message must be shorter than ${maxMessageBytes} bytes.`);
  if (part.fifo) {
    if (!groupId) throw new QueueFailure('MissingParameter', 'The request must contain the parameter MessageGroupId.');
    if (delayMs) throw invalid('DelaySeconds on a message of a FIFO queue is not supported.');
    if (!deduplicationId && !part.contentBasedDeduplication) {
      throw invalid(
        'The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly',
      );
    }
  } else if (deduplicationId) {
    throw invalid('The request includes a parameter that is not valid for this queue type: MessageDeduplicationId.');
  }
  return bytes;
}

function invalid(message: string): QueueFailure {
  return new QueueFailure('InvalidParameterValue', message);
}
