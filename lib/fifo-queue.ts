import { EventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import { DeduplicationScope, FifoThroughputLimit, Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Aws, Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { CapabilityFunction } from './capability-function.ts';
import { DeadLetters } from './dead-letters.ts';
import type { Monitoring } from './monitoring.ts';

export interface FifoQueueProps {
  /** The queue's name, after the stack's name. */
  readonly name: string;
  /** The function that processes its messages. */
  readonly consumer: CapabilityFunction;
  /** What it contains, in words: "a frame of the lane". */
  readonly of: string;
  /** From this age on, the oldest message raises an alarm. */
  readonly slowFrom: Duration;
  /**
   * The most messages per invocation, which must be processed within its timeout.
   * @default 10
   */
  readonly batchSize?: number;
  readonly monitoring: Monitoring;
}

/**
 * Processes messages in order: one of a group at a time, after the previous one has succeeded or failed finally. Groups
 * do not wait for each other (high-throughput FIFO). A message is tried five times. Then it goes to the dead letters,
 * and its group continues.
 */
export class FifoQueue extends Construct {
  readonly queue: Queue;

  constructor(scope: Construct, id: string, props: FifoQueueProps) {
    super(scope, id);
    const { consumer, monitoring } = props;
    const timeout = consumer.lambda.timeout ?? Duration.seconds(3);
    const deadLetters = new DeadLetters(this, 'DeadLetters', {
      monitoring,
      of: props.of,
      runbook: `${props.name}-dead-letters`,
      fifoName: `${Aws.STACK_NAME}-${props.name}-dead.fifo`,
    });
    this.queue = new Queue(this, 'Queue', {
      fifo: true,
      queueName: `${Aws.STACK_NAME}-${props.name}.fifo`,
      deduplicationScope: DeduplicationScope.MESSAGE_GROUP,
      fifoThroughputLimit: FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      // AWS recommends six times the function's timeout; a crash delays its group for that long.
      visibilityTimeout: Duration.seconds(6 * timeout.toSeconds()),
      deadLetterQueue: { queue: deadLetters.queue, maxReceiveCount: 5 },
    });
    consumer.allow(
      ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility', 'sqs:GetQueueAttributes'],
      [this.queue.queueArn],
    );
    new EventSourceMapping(this, 'Source', {
      target: consumer.lambda,
      eventSourceArn: this.queue.queueArn,
      batchSize: props.batchSize ?? 10,
      reportBatchItemFailures: true,
    });
    monitoring.watch(this, 'SlowAlarm', {
      metric: this.queue.metricApproximateAgeOfOldestMessage({ period: Duration.minutes(1) }),
      threshold: props.slowFrom.toSeconds(),
      periods: 3,
      means: `${props.of} has waited for more than ${props.slowFrom.toSeconds()} seconds.`,
      runbook: `${props.name}-slow`,
    });
  }
}
