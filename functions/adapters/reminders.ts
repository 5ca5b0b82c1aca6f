import type { EpochMs } from '../core/names.ts';
import type { Clock, Ids, Reminder, Reminders } from '../core/ports.ts';
import { AwsError } from './aws-error.ts';
import { type AwsClient, callJson } from './aws-request.ts';

/** The queue where reminders wait, and the schedules that put later ones into it. */
export interface RemindersPlace {
  readonly queueUrl: string;
  readonly queueArn: string;
  /** The group of our schedules. */
  readonly group: string;
  /** The role that lets the scheduler put them into the queue. */
  readonly roleArn: string;
}

/** SQS's longest delay of a message. */
const longestDelayMs = 15 * 60_000;
/**
 * A schedule may be a minute late. So it sends the reminder to the queue early, and the queue then delays it exactly.
 */
const schedulesAheadMs = 2 * 60_000;
/** The longest schedule. Later reminders are scheduled again when it ends. */
const longestScheduleMs = 300 * 86_400_000;
/** A message that is late by up to this much counts as in time. */
const toleratedMs = 100;

/**
 * The `Reminders` port over a standard queue whose messages are delayed up to 15 minutes, and EventBridge Scheduler
 * above. Delays have whole seconds, so messages arrive a little early rather than late, scheduled ones too. The
 * receiver waits the rest, or sets the reminder again.
 */
export function createReminders(
  clients: { readonly sqs: AwsClient; readonly scheduler: () => AwsClient },
  place: RemindersPlace,
  clock: Clock,
  ids: Ids,
): Reminders {
  return {
    async set(reminder) {
      const waitMs = Math.max(0, reminder.at - clock.now());
      const text = textOf(reminder);
      if (waitMs > longestDelayMs) {
        const at = reminder.at - schedulesAheadMs;
        await schedule(clients.scheduler(), place, ids.uuid(), Math.min(at, clock.now() + longestScheduleMs), text);
        return;
      }
      await callJson(clients.sqs, { version: '1.0', prefix: 'AmazonSQS' }, 'SendMessage', {
        QueueUrl: place.queueUrl,
        MessageBody: text,
        DelaySeconds: Math.floor((waitMs + toleratedMs) / 1000),
      });
    },
  };
}

function textOf({ kind, at, body }: Reminder): string {
  return JSON.stringify({ kind, at, body });
}

async function schedule(
  client: AwsClient,
  { queueArn, group, roleArn }: RemindersPlace,
  name: string,
  at: EpochMs | number,
  text: string,
): Promise<void> {
  try {
    await client.send({
      operation: 'CreateSchedule',
      method: 'POST',
      path: `/schedules/${name}`,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        GroupName: group,
        ScheduleExpression: `at(${new Date(at).toISOString().slice(0, 19)})`,
        FlexibleTimeWindow: { Mode: 'OFF' },
        Target: { Arn: queueArn, RoleArn: roleArn, Input: text },
        ActionAfterCompletion: 'DELETE',
      }),
      repeatable: true,
    });
  } catch (error) {
    // The name is new, so an earlier attempt whose answer was lost has created the schedule.
    if (!(error instanceof AwsError && error.status === 409)) throw error;
  }
}
