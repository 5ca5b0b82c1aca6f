import { EventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { CapabilityFunction } from './capability-function.ts';
import type { FilesBucket } from './files-bucket.ts';
import type { Monitoring } from './monitoring.ts';

export interface FileArrivalsProps {
  readonly files: FilesBucket;
  /** The function that notes uploaded files. */
  readonly reader: CapabilityFunction;
  readonly monitoring: Monitoring;
}

/** Connects the files bucket to the function that notes which files were uploaded. */
export class FileArrivals extends Construct {
  constructor(scope: Construct, id: string, props: FileArrivalsProps) {
    super(scope, id);
    const { reader, monitoring } = props;
    const { arrivals, failedArrivals } = props.files;
    reader.allow(
      ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility', 'sqs:GetQueueAttributes'],
      [arrivals.queueArn],
    );
    new EventSourceMapping(this, 'Source', {
      target: reader.lambda,
      eventSourceArn: arrivals.queueArn,
      batchSize: 10,
      reportBatchItemFailures: true,
    });
    monitoring.watch(this, 'SlowAlarm', {
      metric: arrivals.metricApproximateAgeOfOldestMessage({ period: Duration.minutes(1) }),
      threshold: 60,
      periods: 3,
      means: 'A file that was uploaded has waited for more than 60 seconds to be listed.',
      runbook: 'file-arrivals-slow',
    });
    monitoring.watch(this, 'FailedAlarm', {
      metric: failedArrivals.metricApproximateNumberOfMessagesVisible({
        period: Duration.minutes(1),
        statistic: 'max',
      }),
      threshold: 1,
      means: 'A file was uploaded, and could not be noted as such.',
      runbook: 'file-arrivals-failed',
    });
  }
}
