import type { Ports } from './ports.ts';

/** The fields of an SQS record that determine order. */
export interface QueueRecord {
  readonly messageId: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** The answer to Lambda for a batch: SQS delivers these messages again. */
export interface BatchAnswer {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/**
 * Processes a batch of a FIFO queue: groups in parallel, the messages of one group in sequence. When a message fails,
 * SQS delivers it and all later ones of its group again, so that the order holds.
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

/** @returns the messages that SQS has to deliver again */
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
