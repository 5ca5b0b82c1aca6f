import type { Fields, RuleEvent } from './event.ts';
import type { Timer } from './timer.ts';

/** Events emitted at this depth are delivered but trigger nothing, so that rules that trigger each other end. */
const maxDepth = 10;

/** The cause of an effect: how many rules are between, and the id to name as its cause. */
export interface Cause {
  /** 0: caused by a client, a procedure or a timer. Events and facts share one counter. */
  readonly depth: number;
  /** The last event, or the timer, on the way. */
  readonly id?: string;
  readonly correlationId?: string;
}

/** Whether effects at this depth may trigger rules. */
export function mayTrigger({ depth }: Pick<Cause, 'depth'>): boolean {
  return depth < maxDepth;
}

/** The cause of effects of rules that an event triggers. */
export function causedBy(event: RuleEvent, depth: number): Cause {
  const { id, correlationId } = event;
  return { depth: depth + 1, id, ...(correlationId !== undefined && { correlationId }) };
}

/** The cause of effects of rules that a fact triggers: the cause of setting the fact. */
export function causedByFact(setter: Cause): Cause {
  return { ...setter, depth: setter.depth + 1 };
}

/** The cause of effects of rules that a timer triggers. */
export function causedByTimer({ id, correlationId }: Timer): Cause {
  return { depth: 1, id, ...(correlationId !== undefined && { correlationId }) };
}

/** An event that a rule emits. It names its cause when that has a correlation id, which it carries on. */
export function emittedEvent(
  cause: Cause,
  made: { id: string; topic: string; data: Fields; timestamp: number },
): RuleEvent {
  const { id: causationId, correlationId } = cause;
  return {
    ...made,
    source: 'rule',
    ...(correlationId !== undefined && { correlationId, ...(causationId !== undefined && { causationId }) }),
  };
}
