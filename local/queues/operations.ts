import type { Clock } from '../clock.ts';
import { isObject, type JsonObject, listOf, objectOf } from '../template/json.ts';
import { type NewMessage, QueueFailure } from './check.ts';
import { type Message, type MessageAttribute, md5, md5OfAttributes, systemAttributes } from './message.ts';
import type { Queue } from './queue.ts';

/** @throws QueueFailure for a request that SQS refuses */
type Operation = (queue: Queue, input: JsonObject, clock: Clock) => JsonObject | Promise<JsonObject>;

/** The operations, each with the action that IAM requires. */
export const queueOperations: Readonly<Record<string, { readonly action: string; readonly run: Operation }>> = {
  GetQueueUrl: { action: 'sqs:GetQueueUrl', run: (queue) => ({ QueueUrl: queue.part.url }) },
  GetQueueAttributes: { action: 'sqs:GetQueueAttributes', run: getAttributes },
  SendMessage: { action: 'sqs:SendMessage', run: (queue, input) => sent(queue, input) },
  SendMessageBatch: { action: 'sqs:SendMessage', run: sendBatch },
  ReceiveMessage: { action: 'sqs:ReceiveMessage', run: receive },
  DeleteMessage: { action: 'sqs:DeleteMessage', run: deleteOne },
  DeleteMessageBatch: {
    action: 'sqs:DeleteMessage',
    run: (queue, input) => batch(input, (entry) => deleteOne(queue, entry)),
  },
  ChangeMessageVisibility: { action: 'sqs:ChangeMessageVisibility', run: changeVisibility },
  ChangeMessageVisibilityBatch: {
    action: 'sqs:ChangeMessageVisibility',
    run: (queue, input) => batch(input, (entry) => changeVisibility(queue, entry)),
  },
};

const maxBatchEntries = 10;
const maxBatchBytes = 256 * 1024;
const maxVisibilitySeconds = 12 * 60 * 60;
const maxWaitSeconds = 20;

function sent(queue: Queue, input: JsonObject): JsonObject {
  const message = newMessage(input);
  const { messageId, sequenceNumber } = queue.send(message);
  return {
    MessageId: messageId,
    MD5OfMessageBody: md5(message.body),
    ...optional('MD5OfMessageAttributes', md5OfAttributes(message.attributes ?? {})),
    ...optional('SequenceNumber', sequenceNumber),
  };
}

function sendBatch(queue: Queue, input: JsonObject): JsonObject {
  const bytes = entriesOf(input).reduce((sum, entry) => sum + Buffer.byteLength(String(entry.MessageBody)), 0);
  if (bytes > maxBatchBytes)
    throw new QueueFailure('BatchRequestTooLong', `Batch requests cannot be longer than ${maxBatchBytes} bytes.`);
  return batch(input, (entry) => sent(queue, entry));
}

/** Runs every entry separately: some may fail while others succeed. */
function batch(input: JsonObject, run: (entry: JsonObject) => JsonObject): JsonObject {
  const entries = entriesOf(input);
  if (entries.length === 0)
    throw new QueueFailure('EmptyBatchRequest', 'The batch request does not contain any entries.');
  if (entries.length > maxBatchEntries)
    throw new QueueFailure(
      'TooManyEntriesInBatchRequest',
      `Maximum number of entries per request are ${maxBatchEntries}.`,
    );
  if (new Set(entries.map((entry) => entry.Id)).size < entries.length) {
    throw new QueueFailure('BatchEntryIdsNotDistinct', 'Two or more batch entries in the request have the same Id.');
  }
  const successful: JsonObject[] = [];
  const failed: JsonObject[] = [];
  for (const entry of entries) {
    try {
      successful.push({ Id: entry.Id, ...run(entry) });
    } catch (error) {
      if (!(error instanceof QueueFailure)) throw error;
      failed.push({ Id: entry.Id, Code: error.code, Message: error.message, SenderFault: true });
    }
  }
  return { Successful: successful, Failed: failed };
}

function entriesOf(input: JsonObject): JsonObject[] {
  return listOf(input.Entries).filter(isObject);
}

function newMessage(input: JsonObject): NewMessage {
  const attributes = Object.entries(objectOf(input.MessageAttributes)).map(
    ([name, value]): [string, MessageAttribute] => {
      const { DataType, StringValue, BinaryValue } = objectOf(value);
      return [
        name,
        {
          dataType: String(DataType ?? 'String'),
          ...(BinaryValue === undefined
            ? { stringValue: String(StringValue ?? '') }
            : { binaryValue: String(BinaryValue) }),
        },
      ];
    },
  );
  return {
    body: String(input.MessageBody ?? ''),
    attributes: Object.fromEntries(attributes),
    ...(input.MessageGroupId === undefined ? {} : { groupId: String(input.MessageGroupId) }),
    ...(input.MessageDeduplicationId === undefined ? {} : { deduplicationId: String(input.MessageDeduplicationId) }),
    ...(input.DelaySeconds === undefined ? {} : { delayMs: whole(input.DelaySeconds, 0, 900, 'DelaySeconds') * 1000 }),
  };
}

async function receive(queue: Queue, input: JsonObject, clock: Clock): Promise<JsonObject> {
  const limit = whole(input.MaxNumberOfMessages ?? 1, 1, maxBatchEntries, 'MaxNumberOfMessages');
  const visibleInMs =
    1000 * whole(input.VisibilityTimeout ?? queue.part.visibilitySeconds, 0, maxVisibilitySeconds, 'VisibilityTimeout');
  await somethingReady(queue, whole(input.WaitTimeSeconds ?? 0, 0, maxWaitSeconds, 'WaitTimeSeconds') * 1000, clock);
  const messages = queue.receive(limit);
  for (const message of messages) queue.returnAfter(message, visibleInMs);
  return { Messages: messages.map((message) => received(message, input)) };
}

function somethingReady(queue: Queue, waitMs: number, clock: Clock): Promise<void> {
  if (queue.ready > 0 || waitMs === 0) return Promise.resolve();
  return new Promise((resolve) => {
    const finish = () => {
      cancel();
      unsubscribe();
      resolve();
    };
    const cancel = clock.after(waitMs, finish);
    const unsubscribe = queue.onReady(() => queue.ready > 0 && finish());
  });
}

function received(message: Message, input: JsonObject): JsonObject {
  const asked = (list: unknown) => new Set(listOf(list).map(String));
  const system = asked(input.MessageSystemAttributeNames ?? input.AttributeNames);
  const names = asked(input.MessageAttributeNames);
  const attributes = Object.entries(message.attributes).filter(
    ([name]) => names.has('All') || names.has('.*') || names.has(name),
  );
  return {
    MessageId: message.messageId,
    ReceiptHandle: message.receiptHandle,
    MD5OfBody: md5(message.body),
    Body: message.body,
    Attributes: Object.fromEntries(
      Object.entries(systemAttributes(message)).filter(([name]) => system.has('All') || system.has(name)),
    ),
    ...(attributes.length === 0
      ? {}
      : {
          MD5OfMessageAttributes: md5OfAttributes(Object.fromEntries(attributes)),
          MessageAttributes: Object.fromEntries(
            attributes.map(([name, { dataType, stringValue, binaryValue }]) => [
              name,
              { DataType: dataType, ...optional('StringValue', stringValue), ...optional('BinaryValue', binaryValue) },
            ]),
          ),
        }),
  };
}

/** Deleting a deleted message succeeds. */
function deleteOne(queue: Queue, input: JsonObject): JsonObject {
  queue.delete([String(input.ReceiptHandle)]);
  return {};
}

function changeVisibility(queue: Queue, input: JsonObject): JsonObject {
  const message = queue.find(String(input.ReceiptHandle));
  if (!message) throw new QueueFailure('MessageNotInflight', 'The message referred to is not in flight.');
  queue.returnAfter(message, whole(input.VisibilityTimeout, 0, maxVisibilitySeconds, 'VisibilityTimeout') * 1000);
  return {};
}

function getAttributes({ part, ready, size }: Queue, input: JsonObject): JsonObject {
  const all: Record<string, string> = {
    QueueArn: part.arn,
    ApproximateNumberOfMessages: String(ready),
    ApproximateNumberOfMessagesNotVisible: String(size - ready),
    VisibilityTimeout: String(part.visibilitySeconds),
    ...(part.fifo ? { FifoQueue: 'true', ContentBasedDeduplication: String(part.contentBasedDeduplication) } : {}),
    ...(part.deadLetter
      ? {
          RedrivePolicy: JSON.stringify({
            deadLetterTargetArn: part.deadLetter.arn,
            maxReceiveCount: part.deadLetter.maxReceiveCount,
          }),
        }
      : {}),
  };
  const names = new Set(listOf(input.AttributeNames).map(String));
  return {
    Attributes: Object.fromEntries(Object.entries(all).filter(([name]) => names.has('All') || names.has(name))),
  };
}

function whole(value: unknown, least: number, most: number, name: string): number {
  const number = Number(value);
  if (Number.isInteger(number) && number >= least && number <= most) return number;
  throw new QueueFailure(
    'InvalidParameterValue',
    `Value ${String(value)} for parameter ${name} is invalid. Reason: must be between ${least} and ${most}.`,
  );
}

function optional(name: string, value: string | undefined): JsonObject {
  return value === undefined ? {} : { [name]: value };
}
