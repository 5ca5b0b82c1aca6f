import { Rule, RuleTargetInput, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { CapabilityFunction } from './capability-function.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { Monitoring } from './monitoring.ts';

/** Every job and how often it runs. The id is part of the template: renaming it replaces the schedule. */
const schedules = [
  /** Removes dead connections, and keeps quiet ones open. */
  { id: 'Sweep', job: 'sweep', every: Duration.minutes(1), enabled: true },
  /**
   * Announces a shutdown to all clients. Never runs by itself: an operator starts it, or stopping a laptop's server
   * does.
   */
  { id: 'AnnounceShutdown', job: 'announce-shutdown', every: Duration.days(1), enabled: false },
] as const;

export interface SchedulesProps {
  /** Runs the job that its event names: `{ job }`. */
  readonly jobs: CapabilityFunction;
  /** Receives events that could not be delivered. */
  readonly deadLetters: DeadLetters;
  readonly monitoring: Monitoring;
}

/** Starts jobs at fixed intervals. */
export class Schedules extends Construct {
  constructor(scope: Construct, id: string, props: SchedulesProps) {
    super(scope, id);
    for (const { id, job, every, enabled } of schedules) {
      new Rule(this, id, {
        description: `Chorus: the job ${job}`,
        schedule: Schedule.rate(every),
        enabled,
        targets: [
          new LambdaFunction(props.jobs.lambda, {
            event: RuleTargetInput.fromObject({ job }),
            deadLetterQueue: props.deadLetters.queue,
          }),
        ],
      });
    }
    props.monitoring.watchFor(this, 'SilentAlarm', {
      metric: props.jobs.lambda.metricInvocations({ period: Duration.minutes(5), statistic: 'sum' }),
      threshold: 1,
      periods: 2,
      means: 'No job has run for ten minutes.',
      runbook: 'schedules-silent',
    });
  }
}
