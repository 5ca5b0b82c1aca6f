import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { EventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import { ScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Aws, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { ENV } from '../functions/core/env.ts';
import { acknowledgeWildcard } from './acknowledge.ts';
import type { CapabilityFunction } from './capability-function.ts';
import { DeadLetters } from './dead-letters.ts';
import type { Monitoring } from './monitoring.ts';

export interface RemindersProps {
  /** The function that reminders start. */
  readonly consumer: CapabilityFunction;
  readonly monitoring: Monitoring;
}

/** So many waiting messages mean that timers are late. */
const WAITING = 1_000;

/**
 * Work for a later time, such as timers of rules and events that do not come in time. A standard queue, because a FIFO
 * queue cannot delay single messages. A delay of more than 15 minutes is a one-time schedule, which sends to the queue
 * and is then deleted.
 */
export class Reminders extends Construct {
  readonly #queue: Queue;
  readonly #group: ScheduleGroup;
  readonly #role: Role;

  constructor(scope: Construct, id: string, props: RemindersProps) {
    super(scope, id);
    const { consumer, monitoring } = props;
    const timeout = consumer.lambda.timeout ?? Duration.seconds(3);
    const deadLetters = new DeadLetters(this, 'DeadLetters', {
      monitoring,
      of: 'A reminder',
      runbook: 'reminder-dead-letters',
    });
    this.#queue = new Queue(this, 'Queue', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      // AWS recommends six times the function's timeout.
      visibilityTimeout: Duration.seconds(6 * timeout.toSeconds()),
      deadLetterQueue: { queue: deadLetters.queue, maxReceiveCount: 5 },
    });
    this.#group = new ScheduleGroup(this, 'Schedules', {
      scheduleGroupName: `${Aws.STACK_NAME}-reminders`,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.#role = new Role(this, 'SchedulerRole', {
      description: 'EventBridge Scheduler puts reminders into the queue',
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
    });
    this.#role.addToPolicy(new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [this.#queue.queueArn] }));
    consumer.allow(
      ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility', 'sqs:GetQueueAttributes'],
      [this.#queue.queueArn],
    );
    new EventSourceMapping(this, 'Source', {
      target: consumer.lambda,
      eventSourceArn: this.#queue.queueArn,
      batchSize: 10,
      reportBatchItemFailures: true,
    });
    monitoring.watch(this, 'SlowAlarm', {
      metric: this.#queue.metricApproximateNumberOfMessagesVisible({ period: Duration.minutes(1), statistic: 'max' }),
      threshold: WAITING,
      periods: 3,
      means: `Timers are late: ${WAITING} reminders are due and wait.`,
      runbook: 'reminders-slow',
    });
  }

  /** Lets `fn` set reminders, and tells it the queue. */
  grantSet(fn: CapabilityFunction): void {
    const schedules = Stack.of(this).formatArn({
      service: 'scheduler',
      resource: 'schedule',
      resourceName: `${this.#group.scheduleGroupName}/*`,
    });
    fn.allow(['sqs:SendMessage'], [this.#queue.queueArn]);
    fn.allow(['scheduler:CreateSchedule'], [schedules]);
    fn.allow(['iam:PassRole'], [this.#role.roleArn]);
    acknowledgeWildcard(fn, schedules, 'Schedules have names made up when they are set; the group holds nothing else.');
    fn.tell(ENV.remindersUrl, this.#queue.queueUrl);
    fn.tell(ENV.remindersArn, this.#queue.queueArn);
    fn.tell(ENV.remindersGroup, this.#group.scheduleGroupName);
    fn.tell(ENV.remindersRoleArn, this.#role.roleArn);
  }
}
