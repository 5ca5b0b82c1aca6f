import type { Cause } from './chain.ts';
import type { Fact, RuleEvent, TimerTrigger, Trigger } from './event.ts';
import type { MatchedEvent } from './matchers.ts';
import type { Timer } from './timer.ts';

/**
 * What is to be done, as data: whoever runs out of time hands the rest over. An event is delivered before its rules run, the
 * rules of one trigger run one after another, and only then comes what they have set off.
 */
export type Task =
  /** Somebody or a rule has emitted it, at that depth. */
  | { readonly type: 'event'; readonly event: RuleEvent; readonly depth: number }
  /** Somebody or a rule has set it; `cause` is that of the setting. */
  | { readonly type: 'fact'; readonly fact: Fact; readonly cause: Cause }
  /** A timer's rules, before its event. */
  | { readonly type: 'timer'; readonly timer: TimerTrigger; readonly cause: Cause }
  /** A timer's own event. It stays the last task: the engine emits it once everything that the timer's rules set off is done. */
  | { readonly type: 'timerEvent'; readonly timer: Timer }
  /** A rule that has been set off. */
  | {
      readonly type: 'rule';
      readonly ruleId: string;
      readonly trigger: Trigger;
      readonly matched: readonly MatchedEvent[];
      readonly cause: Cause;
    }
  /** A rule whose pattern of events may have come further. */
  | { readonly type: 'pattern'; readonly ruleId: string; readonly event: RuleEvent; readonly cause: Cause };

/** Tasks that were handed over, by the name under which they are kept. */
export interface ChainBody {
  readonly id: string;
}
