import type { TimerDefinition } from '../core/rule-definition.ts';
import { durationMs } from './duration.ts';
import type { Fields, RuleEvent, TimerTrigger } from './event.ts';
import { interpolate, resolvedFields, type Scope } from './references.ts';

/** A timer as an action sets it, with nothing left to fill in. */
export interface TimerSetting {
  readonly name: string;
  readonly durationMs: number;
  readonly onExpire: { readonly topic: string; readonly data: Fields };
  readonly repeat?: { readonly intervalMs: number; readonly maxCount?: number };
}

/** A running timer. Names are unique. */
export interface Timer {
  readonly id: string;
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
  readonly onExpire: TimerSetting['onExpire'];
  readonly repeat?: NonNullable<TimerSetting['repeat']>;
  /** How often it has fired. */
  readonly fired: number;
  /** The correlation id of the event that set it. */
  readonly correlationId?: string;
}

/** Fills in a timer's name, topic and data. */
export async function timerSetting(timer: TimerDefinition, scope: Scope): Promise<TimerSetting> {
  const { repeat, onExpire } = timer;
  return {
    name: await interpolate(timer.name, scope),
    durationMs: durationMs(timer.duration) ?? 0,
    onExpire: { topic: await interpolate(onExpire.topic, scope), data: await resolvedFields(onExpire.data, scope) },
    ...(repeat && {
      repeat: {
        intervalMs: durationMs(repeat.interval) ?? 0,
        ...(repeat.maxCount !== undefined && { maxCount: repeat.maxCount }),
      },
    }),
  };
}

/** A timer that starts to run, in place of any other of its name. */
export function startedTimer(setting: TimerSetting, id: string, now: number, correlationId?: string): Timer {
  const { durationMs: duration, name, onExpire, repeat } = setting;
  return {
    ...{ id, name, onExpire, expiresAt: now + duration, fired: 0 },
    ...(repeat && { repeat }),
    ...(correlationId !== undefined && { correlationId }),
  };
}

/** The timer after it has fired; undefined when that was the last time. Firings that were missed are not made up for. */
export function afterFiring(timer: Timer, now: number): Timer | undefined {
  const fired = timer.fired + 1;
  if (!timer.repeat || fired >= (timer.repeat.maxCount ?? Infinity)) return undefined;
  return { ...timer, fired, expiresAt: Math.max(timer.expiresAt + timer.repeat.intervalMs, now) };
}

/** The trigger for rules on timers, which run before the timer's event is emitted. */
export function timerTrigger({ id, name, expiresAt, onExpire }: Timer): TimerTrigger {
  return { id, name, expiresAt, data: onExpire.data };
}

/** The event that a timer emits when it fires. */
export function timerEvent(timer: Timer, eventId: string, now: number): RuleEvent {
  const { id, onExpire, correlationId } = timer;
  return {
    ...{ id: eventId, topic: onExpire.topic, data: onExpire.data, timestamp: now },
    ...{ source: 'timer', causationId: id },
    ...(correlationId !== undefined && { correlationId }),
  };
}
