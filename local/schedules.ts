import { randomUUID } from 'node:crypto';
import type { AsyncInvoke } from './async-invoke.ts';
import { type Clock, every, systemClock } from './clock.ts';
import type { Invoke, Outcome, SchedulePart } from './parts.ts';

/** EventBridge's rates, and jobs that are started by hand. */
export interface Schedules {
  /**
   * Runs the schedule whose input says `job: name` now, with `body` merged into its input, and waits for it. Undefined
   * if there is no such schedule.
   */
  runJob(name: string, body: Readonly<Record<string, unknown>>): Promise<Outcome> | undefined;
  /** Starts no more invocations. */
  stop(): void;
}

export interface SchedulesOptions {
  readonly schedules: readonly SchedulePart[];
  readonly invoke: Invoke;
  /** For invocations by rate, whose results nobody awaits. */
  readonly invokeAsync: AsyncInvoke;
  readonly clock?: Clock;
}

/** Runs every enabled schedule at its rate, first after one period. */
export function startSchedules({ schedules, invoke, invokeAsync, clock = systemClock }: SchedulesOptions): Schedules {
  const timers = schedules.flatMap((schedule) =>
    schedule.everyMs === undefined
      ? []
      : [every(clock, schedule.everyMs, () => invokeAsync(schedule.functionId, eventOf(schedule, clock.now())))],
  );
  return {
    runJob(name, body) {
      const schedule = schedules.find(({ input }) => input?.job === name);
      return schedule && invoke(schedule.functionId, { ...schedule.input, ...body });
    },
    stop() {
      for (const cancel of timers) cancel();
    },
  };
}

/** The target's constant input, or EventBridge's own event if there is none. */
function eventOf({ id, input }: SchedulePart, nowMs: number): unknown {
  if (input !== undefined && Object.keys(input).length > 0) return input;
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    account: '000000000000',
    time: new Date(nowMs).toISOString().replace(/\.\d{3}/, ''),
    region: 'us-east-1',
    resources: [`arn:aws:events:us-east-1:000000000000:rule/${id}`],
    detail: {},
  };
}
