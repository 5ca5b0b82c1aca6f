import type { Ports } from './ports.ts';

/** The part of an SQS record that decides about order. */
export interface QueueRecord {
  readonly messageId: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** What Lambda is told of a batch: these come again. */
export interface BatchAnswer {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/**
 * Works off a batch of a FIFO queue: groups side by side, the messages of one group one after another. When one fails, it
 * and all that came after it in its group come again, so that the order holds.
 */
export async function workOff<R extends QueueRecord>(
  ports: Pick<Ports, 'log'>,
  records: readonly R[],
  work: (record: R) => Promise<void>,
): Promise<BatchAnswer> {
  const groups = Map.groupBy(records, (record) => record.attributes.MessageGroupId ?? record.messageId);
  const failed = await Promise.all([...groups.values()].map((group) => inOrder(ports, group, work)));
  return { batchItemFailures: failed.flat().map((record) => ({ itemIdentifier: record.messageId })) };
}

/** @returns what has to come again */
async function inOrder<R extends QueueRecord>(
  ports: Pick<Ports, 'log'>,
  records: readonly R[],
  work: (record: R) => Promise<void>,
): Promise<readonly R[]> {
  for (const [index, record] of records.entries()) {
    try {
      await work(record);
    } catch (cause) {
      const { MessageGroupId: group, ApproximateReceiveCount: attempt } = record.attributes;
      ports.log.error('returned to the queue', cause, { group, attempt });
      return records.slice(index);
    }
  }
  return [];
}
