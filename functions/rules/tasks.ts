import type { Cause } from './chain.ts';
import type { Fact, RuleEvent, TimerTrigger, Trigger } from './event.ts';
import type { MatchedEvent } from './matchers.ts';
import type { Timer } from './timer.ts';

/**
 * Tasks as data, so that a function that runs out of time can hand the rest over. An event is delivered before its
 * rules run. The rules of one trigger run one after another, and their effects are processed afterwards.
 */
export type Task =
  /** An event that a client or a rule has emitted, at that depth. */
  | { readonly type: 'event'; readonly event: RuleEvent; readonly depth: number }
  /** A fact that a client or a rule has set; `cause` is that of the setting. */
  | { readonly type: 'fact'; readonly fact: Fact; readonly cause: Cause }
  /** A timer's rules, before its event. */
  | { readonly type: 'timer'; readonly timer: TimerTrigger; readonly cause: Cause }
  /** A timer's own event. It stays the last task: the engine emits it once everything that the timer's rules set off is done. */
  | { readonly type: 'timerEvent'; readonly timer: Timer }
  /** A triggered rule. */
  | {
      readonly type: 'rule';
      readonly ruleId: string;
      readonly trigger: Trigger;
      readonly matched: readonly MatchedEvent[];
      readonly cause: Cause;
    }
  /** A rule whose event pattern may advance. */
  | { readonly type: 'pattern'; readonly ruleId: string; readonly event: RuleEvent; readonly cause: Cause };

/** Tasks that were handed over, by the name under which they are kept. */
export interface ChainBody {
  readonly id: string;
}
