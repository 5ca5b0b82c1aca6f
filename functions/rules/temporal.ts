import type { AbsencePattern, SequencePattern, TemporalPattern } from '../core/rule-definition.ts';
import { durationMs } from './duration.ts';
import type { RuleEvent } from './event.ts';
import { isMatch, isOfTopics, named } from './matchers.ts';
import { type Firing, windowFiring, windowStart } from './windows.ts';

/**
 * Temporal patterns of events, as state machines without a clock: a state and an event (or the wake-up time) give the
 * next state, the firings, and the next wake-up time. Each rule and group has one state. An event's time is its
 * timestamp.
 */
export type TemporalState =
  | { readonly type: 'sequence'; readonly events: readonly RuleEvent[]; readonly endsAt: number }
  | { readonly type: 'absence'; readonly after: RuleEvent; readonly endsAt: number }
  /** The events of the last window. Where they are kept one by one, `windowFiring` does without a state. */
  | { readonly type: 'window'; readonly events: readonly RuleEvent[] };

export interface Progress {
  /** Undefined: nothing is under way. */
  readonly state: TemporalState | undefined;
  readonly firings: readonly Firing[];
  /** When to call {@link wake}. Undefined: there is nothing to wait for. */
  readonly wakeAt?: number;
}

/** Applies a relevant event of the state's group. */
export function observe(pattern: TemporalPattern, state: TemporalState | undefined, event: RuleEvent): Progress {
  if (pattern.type === 'sequence') {
    return observeSequence(pattern, state?.type === 'sequence' ? state : undefined, event);
  }
  if (pattern.type === 'absence') {
    return observeAbsence(pattern, state?.type === 'absence' ? state : undefined, event);
  }
  const before = state?.type === 'window' ? state.events : [];
  const events = [...before.filter(({ timestamp }) => timestamp > windowStart(pattern, event)), event];
  const firing = isMatch(pattern.event, event) ? windowFiring(pattern, events, event) : undefined;
  return { state: { type: 'window', events }, firings: firing ? [firing] : [] };
}

/** Applies the passing of time: a sequence ends silently, an absence fires. Does nothing if called too early. */
export function wake(pattern: TemporalPattern, state: TemporalState | undefined, now: number): Progress {
  if (state === undefined || state.type === 'window') return { state, firings: [] };
  if (now < state.endsAt) return waiting(state);
  return {
    state: undefined,
    firings: pattern.type === 'absence' && 'after' in state ? [absent(pattern, state.after)] : [],
  };
}

type Running<Type extends TemporalState['type']> = (TemporalState & { readonly type: Type }) | undefined;

/**
 * One instance at a time: the next expected event advances it; others are ignored, or end it if the pattern is strict.
 */
function observeSequence(pattern: SequencePattern, state: Running<'sequence'>, event: RuleEvent): Progress {
  const { events: matchers, strict } = pattern;
  const running = state && event.timestamp <= state.endsAt ? state : undefined;
  const before = running?.events ?? [];
  const next = matchers[before.length];
  if (next && isMatch(next, event)) {
    const events = [...before, event];
    if (events.length < matchers.length) {
      return waiting({ type: 'sequence', events, endsAt: running?.endsAt ?? event.timestamp + msOf(pattern.within) });
    }
    return { state: undefined, firings: [{ event, matched: events.map((one, at) => named(one, matchers[at])) }] };
  }
  if (!running || (strict && isOfTopics(matchers, event))) return { state: undefined, firings: [] };
  return waiting(running);
}

/**
 * An `after` starts the waiting, an `expected` ends it. An event that is both ends one wait and starts the next, so that
 * heartbeats can be watched. One that comes too late finds that the rule should have fired.
 */
function observeAbsence(pattern: AbsencePattern, state: Running<'absence'>, event: RuleEvent): Progress {
  const isLate = state !== undefined && event.timestamp > state.endsAt;
  const firings = isLate ? [absent(pattern, state.after)] : [];
  if (state && !isLate && !isMatch(pattern.expected, event)) return waiting(state);
  if (!isMatch(pattern.after, event)) return { state: undefined, firings };
  return { ...waiting({ type: 'absence', after: event, endsAt: event.timestamp + msOf(pattern.within) }), firings };
}

function waiting(state: TemporalState & { readonly endsAt: number }): Progress {
  return { state, firings: [], wakeAt: state.endsAt };
}

function absent(pattern: AbsencePattern, after: RuleEvent): Firing {
  return { event: after, matched: [named(after, pattern.after)] };
}

/** Definitions are checked. */
function msOf(duration: SequencePattern['within']): number {
  return durationMs(duration) ?? 0;
}
