import { AwsError } from './aws-error.ts';
import { type AwsClient, callJson } from './aws-request.ts';
import { sha256Hex } from './aws-signature.ts';
import { type Patience, pause } from './back-off.ts';

/** Sends messages to an SQS FIFO queue, for fan-out and lane. */

export interface Message {
  readonly body: string;
  /** SQS delivers the messages of one group in order, one at a time. */
  readonly group: string;
  /** Messages with one id within five minutes are one message. */
  readonly id: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

const protocol = { version: '1.0', prefix: 'AmazonSQS' } as const;
const messagesPerBatch = 10;
/** SQS's limit for a message, and for a batch with all its messages and attributes. */
const bytesPerBatch = 256 * 1024;
const patience: Patience = { attempts: 5, firstMs: 30, longestMs: 500 };

/**
 * Sends all messages, in order within each group. A batch contains at most one message of a group, so that no later one
 * overtakes a message that SQS temporarily refuses. @throws AwsError when some could not be sent; the others may have
 * been sent
 */
export async function sendMessages(client: AwsClient, queueUrl: string, messages: readonly Message[]): Promise<void> {
  let waiting: readonly Message[] = messages;
  let failures = 0;
  while (waiting.length > 0) {
    const [batch, rest] = nextBatch(waiting);
    const refused = await sendBatch(client, queueUrl, batch);
    waiting = [...refused, ...rest];
    failures = refused.length === 0 ? 0 : failures + 1;
    if (failures >= patience.attempts) {
      const message = `${refused.length} messages refused ${failures} times`;
      throw new AwsError('SendMessageBatch', { code: 'BatchEntriesRefused', message, status: 503 });
    }
    if (failures > 0) await pause(client.settings.pauses, patience, failures - 1);
  }
}

/** The next batch, as many of the first messages as possible, and the remaining ones in order. */
function nextBatch(messages: readonly Message[]): [Message[], Message[]] {
  const batch: Message[] = [];
  const rest: Message[] = [];
  const groups = new Set<string>();
  let bytes = 0;
  for (const message of messages) {
    const size = sizeOf(message);
    const isFirst = batch.length === 0;
    if (isFirst || (batch.length < messagesPerBatch && bytes + size <= bytesPerBatch && !groups.has(message.group))) {
      batch.push(message);
      bytes += size;
    } else {
      rest.push(message);
    }
    groups.add(message.group);
  }
  return [batch, rest];
}

function sizeOf({ body, attributes = {} }: Message): number {
  const texts = Object.entries(attributes).map(([name, value]) => `${name}String${value}`);
  const bytes = Buffer.byteLength(body) + Buffer.byteLength(texts.join(''));
  if (bytes > bytesPerBatch) throw new RangeError(`A message of ${bytes} bytes is larger than ${bytesPerBatch}.`);
  return bytes;
}

/** @returns the messages that SQS temporarily refused @throws AwsError for messages that it will never accept */
async function sendBatch(client: AwsClient, queueUrl: string, batch: readonly Message[]): Promise<Message[]> {
  const answer = await callJson(client, protocol, 'SendMessageBatch', {
    QueueUrl: queueUrl,
    Entries: batch.map((message, i) => ({
      Id: String(i),
      MessageBody: message.body,
      MessageGroupId: allowed(message.group),
      MessageDeduplicationId: allowed(message.id),
      ...(message.attributes ? { MessageAttributes: typed(message.attributes) } : {}),
    })),
  });
  // SQS's answer; absent when all were taken.
  const failed = (answer.Failed ?? []) as readonly {
    Id: string;
    SenderFault: boolean;
    Code: string;
    Message?: string;
  }[];
  const ours = failed.find((entry) => entry.SenderFault);
  if (ours) throw new AwsError('SendMessageBatch', { code: ours.Code, message: ours.Message ?? '', status: 400 });
  const ids = new Set(failed.map((entry) => entry.Id));
  return batch.filter((_, i) => ids.has(String(i)));
}

function typed(attributes: Readonly<Record<string, string>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [name, { DataType: 'String', StringValue: value }]),
  );
}

/**
 * SQS accepts up to 128 visible ASCII characters. Any other name is replaced by its hash, in a form that no name can
 * have.
 */
function allowed(id: string): string {
  return /^[!-~]{1,128}$/.test(id) && !id.startsWith('sha256:') ? id : `sha256:${sha256Hex(id)}`;
}
