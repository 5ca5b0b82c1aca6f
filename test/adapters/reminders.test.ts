import { afterEach, describe, expect, it } from '@jest/globals';
import { createReminders } from '../../functions/adapters/reminders.ts';
import { systemIds } from '../../functions/adapters/system.ts';
import { branded } from '../../functions/core/branded.ts';
import type { EpochMs } from '../../functions/core/names.ts';
import { type Reaction, type Service, startService } from '../support/service.ts';

const place = {
  queueUrl: 'https://sqs.us-east-1.amazonaws.com/000000000000/reminders',
  queueArn: 'arn:aws:sqs:us-east-1:000000000000:reminders',
  group: 'Chorus-reminders',
  roleArn: 'arn:aws:iam::000000000000:role/scheduler',
};
const start = Date.parse('2026-11-20T21:00:00.250Z');
const [minute, day] = [60_000, 86_400_000];

let service: Service;
afterEach(() => service.close());

async function setAfter(waitMs: number, react: (count: number) => Reaction = () => ({ body: {} })) {
  service = await startService((_, count) => react(count));
  const clock = { upFor: () => 0, now: () => branded<EpochMs>(start), wait: async () => {} };
  const clients = {
    sqs: service.client({ service: 'sqs' }),
    scheduler: () => service.client({ service: 'scheduler' }),
  };
  const at = branded<EpochMs>(start + waitMs);
  await createReminders(clients, place, clock, systemIds).set({ kind: 'timer', at, body: { name: 'ä' } });
  const [request] = service.requests;
  const body = JSON.parse(String(request?.body));
  return { request, body, text: JSON.stringify({ kind: 'timer', at, body: { name: 'ä' } }) };
}

describe('a reminder', () => {
  it.each([
    ['at once', 0, 0],
    ['in the past', -5_000, 0],
    ['in a moment', 850, 0],
    ['in all but a second', 950, 1],
    ['in a second and a half, by whole seconds', 1_500, 1],
    ['in 15 minutes', 15 * minute, 900],
  ])('that is due %s waits in the queue', async (_, waitMs, delaySeconds) => {
    const { request, body, text } = await setAfter(waitMs);
    expect(request?.headers['x-amz-target']).toBe('AmazonSQS.SendMessage');
    expect(body).toEqual({ QueueUrl: place.queueUrl, MessageBody: text, DelaySeconds: delaySeconds });
  });

  it('that is due later waits as a schedule, which puts it into the queue in time', async () => {
    const { request, body, text } = await setAfter(60 * minute);
    expect(request).toMatchObject({ method: 'POST', url: expect.stringMatching(/^\/schedules\/[0-9a-f-]{36}$/) });
    expect(request?.headers.authorization).toContain('/scheduler/aws4_request');
    expect(body).toEqual({
      GroupName: place.group,
      ScheduleExpression: 'at(2026-11-20T21:58:00)',
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: { Arn: place.queueArn, RoleArn: place.roleArn, Input: text },
      ActionAfterCompletion: 'DELETE',
    });
  });

  it('for somebody’s grandchildren is put off until then', async () => {
    const { body, text } = await setAfter(9_000_000 * day);
    expect(body).toMatchObject({ ScheduleExpression: 'at(2027-09-16T21:00:00)', Target: { Input: text } });
  });

  it('is set once, whatever becomes of the first answer', async () => {
    const conflict = { status: 409, headers: { 'x-amzn-errortype': 'ConflictException' }, body: {} };
    await setAfter(60 * minute, (count) => (count === 0 ? 'drop' : conflict));
    const [first, second] = service.requests;
    expect(service.requests).toHaveLength(2);
    expect(second?.url).toBe(first?.url);
  });

  it('that is refused is a failure', async () => {
    const refusal = { status: 400, headers: { 'x-amzn-errortype': 'ValidationException' }, body: {} };
    await expect(setAfter(60 * minute, () => refusal)).rejects.toThrow('CreateSchedule');
  });
});
