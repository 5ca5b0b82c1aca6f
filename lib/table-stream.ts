import { EventSourceMapping, FilterCriteria, FilterRule, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { SqsDlq } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { CapabilityFunction } from './capability-function.ts';
import type { ChorusTable } from './chorus-table.ts';
import { DeadLetters } from './dead-letters.ts';
import type { Monitoring } from './monitoring.ts';

export interface TableStreamProps {
  readonly table: ChorusTable;
  /** The function that derives work from changes. The only reader, because a stream serves two at most. */
  readonly reader: CapabilityFunction;
  readonly monitoring: Monitoring;
}

/**
 * Connects the table's stream to its reader. A record that keeps failing is isolated from its batch, tried five times,
 * and then reported to the dead letters. Otherwise it would block its shard for a day.
 */
export class TableStream extends Construct {
  constructor(scope: Construct, id: string, props: TableStreamProps) {
    super(scope, id);
    const { reader, monitoring } = props;
    const { tableStreamArn } = props.table.table;
    if (tableStreamArn === undefined) throw new Error('Chorus: the table has no stream.');
    const deadLetters = new DeadLetters(this, 'DeadLetters', {
      monitoring,
      of: 'A change of the table',
      runbook: 'stream-dead-letters',
    });
    reader.allow(
      ['dynamodb:DescribeStream', 'dynamodb:GetShardIterator', 'dynamodb:GetRecords', 'dynamodb:ListStreams'],
      [tableStreamArn],
    );
    reader.allow(['sqs:SendMessage'], [deadLetters.queue.queueArn]);
    new EventSourceMapping(this, 'Source', {
      target: reader.lambda,
      eventSourceArn: tableStreamArn,
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: 100,
      bisectBatchOnError: true,
      retryAttempts: 5,
      reportBatchItemFailures: true,
      onFailure: new SqsDlq(deadLetters.queue),
      filters: [
        // Items declare themselves: those without this attribute start no function.
        FilterCriteria.filter({ dynamodb: { NewImage: { derives: { S: FilterRule.exists() } } } }),
        FilterCriteria.filter({ dynamodb: { OldImage: { derives: { S: FilterRule.exists() } } } }),
        // Or a webhook needs the change.
        FilterCriteria.filter({ dynamodb: { NewImage: { hooked: { BOOL: [true] } } } }),
      ],
    });
    monitoring.watch(this, 'LagAlarm', {
      metric: reader.lambda.metric('IteratorAge', { period: Duration.minutes(1), statistic: 'max' }),
      threshold: Duration.minutes(1).toMilliseconds(),
      periods: 3,
      means: 'Derived work is more than a minute behind the table.',
      runbook: 'stream-lag',
    });
  }
}
