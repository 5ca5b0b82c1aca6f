import { join } from 'node:path';
import type { AsyncInvoke } from '../async-invoke.ts';
import type { Clock } from '../clock.ts';
import { readJson, writeJson } from '../json-file.ts';
import type { Access, FunctionPart } from '../parts.ts';
import { admit } from '../service-access.ts';
import { objectOf, optionalText } from '../template/json.ts';
import { decoded, json, readJsonBody, restError, type Service, ServiceFailure, spelling } from './answers.ts';
import { functionArn } from './invocations.ts';

/** EventBridge Scheduler for one-time schedules. */
export interface Scheduler {
  readonly service: Service;
  stop(): void;
}

export interface SchedulerOptions {
  readonly access: Access;
  readonly functions: readonly FunctionPart[];
  readonly invokeAsync: AsyncInvoke;
  /** Queues that can be targets. */
  readonly queueArns: readonly string[];
  send(queueArn: string, body: string): void;
  readonly clock: Clock;
  /** The folder for schedules that are due later; without it they are lost when the runtime stops. */
  readonly dataDir: string | undefined;
}

type Target =
  | { readonly functionId: string; readonly input: unknown }
  | { readonly queueArn: string; readonly body: string };

interface OneTime {
  readonly target: Target;
  readonly dueAt: number;
  /** Stays after its run, unless it was to be deleted after completion. */
  readonly staysBehind: boolean;
  done?: boolean;
}

const maxNameLength = 64;

/**
 * `CreateSchedule` with `at(...)` in UTC and a function or a queue as target, and `DeleteSchedule`. A schedule that
 * became due while no process was running runs at start.
 */
export function createScheduler(options: SchedulerOptions): Scheduler {
  const { access, functions, invokeAsync, clock, dataDir } = options;
  const path = dataDir === undefined ? undefined : join(dataDir, 'one-time-schedules.json');
  const schedules = new Map(Object.entries(path === undefined ? {} : readJson<Record<string, OneTime>>(path, {})));
  const timers = new Map<string, () => void>();
  for (const [arn, schedule] of schedules) arm(arn, schedule);

  function keep(): void {
    if (path !== undefined) writeJson(path, Object.fromEntries(schedules));
  }

  function arm(arn: string, schedule: OneTime): void {
    if (schedule.done) return;
    const run = () => {
      timers.delete(arn);
      if (schedule.staysBehind) schedule.done = true;
      else schedules.delete(arn);
      keep();
      const { target } = schedule;
      if ('queueArn' in target) options.send(target.queueArn, target.body);
      else invokeAsync(target.functionId, target.input);
    };
    timers.set(arn, clock.after(schedule.dueAt - clock.now(), run));
  }

  function create(arn: string, name: string, body: ReturnType<typeof readJsonBody>): OneTime {
    const target = objectOf(body.Target);
    const [, time] = /^at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)$/.exec(String(body.ScheduleExpression)) ?? [];
    const dueAt = Date.parse(`${time}Z`);
    const zone = optionalText(body.ScheduleExpressionTimezone) ?? 'UTC';
    if (!/^[0-9a-zA-Z-_.]+$/.test(name) || name.length > maxNameLength) throw invalid(`Invalid schedule name ${name}.`);
    if (Number.isNaN(dueAt) || zone !== 'UTC') throw invalid('Only at(yyyy-mm-ddThh:mm:ss) in UTC is served here.');
    if (objectOf(body.FlexibleTimeWindow).Mode !== 'OFF') throw invalid('FlexibleTimeWindow.Mode must be OFF here.');
    if (schedules.has(arn)) throw new ServiceFailure(409, 'ConflictException', `Schedule ${name} already exists.`);
    return { target: targetOf(target), dueAt, staysBehind: body.ActionAfterCompletion !== 'DELETE' };
  }

  function targetOf(target: Readonly<Record<string, unknown>>): Target {
    const input = optionalText(target.Input);
    const queueArn = options.queueArns.find((arn) => arn === target.Arn);
    if (queueArn !== undefined) return { queueArn, body: input ?? '{}' };
    const part = functions.find(({ id }) => functionArn(id) === target.Arn);
    if (part) return { functionId: part.id, input: input === undefined ? {} : parsed(input) };
    throw invalid(`The target ${String(target.Arn)} is no function and no queue of the template.`);
  }

  return {
    service: (request, pathAndQuery) =>
      spelling(restError, () => {
        const [, encoded, query] = /^\/schedules\/([^/?]+)(?:\?(.*))?$/.exec(pathAndQuery) ?? [];
        const name = decoded(encoded ?? '');
        const body = readJsonBody(request.body);
        const group = optionalText(body.GroupName) ?? new URLSearchParams(query).get('groupName') ?? 'default';
        const arn = `arn:aws:scheduler:us-east-1:000000000000:schedule/${group}/${name}`;
        const role = String(objectOf(body.Target).RoleArn);
        if (request.method === 'POST') {
          const admission = admit(access, request, [
            ['scheduler:CreateSchedule', arn],
            ['iam:PassRole', role],
          ]);
          if (!admission.ok) return restError(admission);
          const schedule = create(arn, name, body);
          schedules.set(arn, schedule);
          keep();
          arm(arn, schedule);
          return json(200, { ScheduleArn: arn });
        }
        const admission = admit(access, request, [['scheduler:DeleteSchedule', arn]]);
        if (!admission.ok) return restError(admission);
        if (request.method !== 'DELETE' || !schedules.delete(arn)) {
          throw new ServiceFailure(404, 'ResourceNotFoundException', `Schedule ${name} does not exist.`);
        }
        timers.get(arn)?.();
        timers.delete(arn);
        keep();
        return json(200, {});
      }),
    stop() {
      for (const cancel of timers.values()) cancel();
    },
  };
}

function parsed(input: string): unknown {
  try {
    return JSON.parse(input);
  } catch {
    throw invalid('The input of the target is no JSON.');
  }
}

function invalid(message: string): ServiceFailure {
  return new ServiceFailure(400, 'ValidationException', message);
}
