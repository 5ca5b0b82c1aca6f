import type { Fields, RuleEvent } from './event.ts';
import type { Timer } from './timer.ts';

/** Events emitted at this depth are delivered, and trigger nothing: rules that feed each other come to an end. */
const maxDepth = 10;

/** What somebody's doing has come to so far: how many rules lie between, and whom to name as the cause. */
export interface Cause {
  /** 0: a client, a procedure or a timer did it. One counter for chains over events, facts, and both. */
  readonly depth: number;
  /** The last event, or the timer, on the way. */
  readonly id?: string;
  readonly correlationId?: string;
}

/** Whether what was done at this depth may set off rules. */
export function mayTrigger({ depth }: Pick<Cause, 'depth'>): boolean {
  return depth < maxDepth;
}

/** The cause of what the rules do that an event sets off. */
export function causedBy(event: RuleEvent, depth: number): Cause {
  const { id, correlationId } = event;
  return { depth: depth + 1, id, ...(correlationId !== undefined && { correlationId }) };
}

/** The cause of what the rules do that a fact sets off: whoever set it is still the cause. */
export function causedByFact(setter: Cause): Cause {
  return { ...setter, depth: setter.depth + 1 };
}

/** The cause of what the rules do that a timer sets off. */
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
