import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import type { Monitoring } from './monitoring.ts';

export interface DeadLettersProps {
  readonly monitoring: Monitoring;
  /** What the queue contains, in words: "a frame of the lane". */
  readonly of: string;
  /** The runbook's section on what to do with it. */
  readonly runbook: string;
  /**
   * Name of a FIFO queue, ending in `.fifo`, for the dead letters of a FIFO queue.
   * @default - a standard queue, named by CloudFormation
   */
  readonly fifoName?: string;
}

/**
 * A queue for work that failed after all retries. It keeps messages for two weeks, and the first one raises an alarm.
 */
export class DeadLetters extends Construct {
  readonly queue: Queue;

  constructor(scope: Construct, id: string, props: DeadLettersProps) {
    super(scope, id);
    this.queue = new Queue(this, 'Queue', {
      ...(props.fifoName === undefined ? {} : { fifo: true, queueName: props.fifoName }),
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    acknowledge(this, 'SQS3', 'It is the dead-letter queue.');
    props.monitoring.watch(this, 'Alarm', {
      metric: this.queue.metricApproximateNumberOfMessagesVisible({ period: Duration.minutes(1), statistic: 'max' }),
      threshold: 1,
      means: `${props.of} failed for good.`,
      runbook: props.runbook,
    });
  }
}
