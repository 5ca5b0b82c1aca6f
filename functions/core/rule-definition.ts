type Values = Readonly<Record<string, unknown>>;

/** Milliseconds above 0, or a whole number with a unit: `500ms`, `30s`, `5m`, `1h`, `7d`, `2w`, `1y`. */
export type Duration = number | string;

/** How a rule is declared: in the application module, or as JSON at run time. */
export interface RuleDefinition {
  readonly id: string;
  readonly name: string;
  readonly description?: string;
  /** Rules of one trigger run from the highest to the lowest. @default 0 */
  readonly priority?: number;
  /** @default true */
  readonly enabled?: boolean;
  /** @default [] */
  readonly tags?: readonly string[];
  /** The rule's group. Rules of a disabled group do not run. */
  readonly group?: string;
  readonly trigger: RuleTrigger;
  /** All must hold. @default [] */
  readonly conditions?: readonly RuleCondition[];
  /** @default [] */
  readonly actions?: readonly RuleAction[];
}

export type RuleTrigger =
  | { readonly type: 'event'; readonly topic: string }
  | { readonly type: 'fact'; readonly pattern: string }
  | { readonly type: 'timer'; readonly name: string }
  | { readonly type: 'temporal'; readonly pattern: TemporalPattern };

export interface EventMatcher {
  /** A pattern. */
  readonly topic: string;
  /** Paths into the data, each with the value that must strictly equal the one there. */
  readonly filter?: Values;
  /** A name for the matched event, in references. */
  readonly as?: string;
}

export type Comparison = 'gte' | 'lte' | 'eq';

interface Grouped {
  /** A path into the data: events with different values there are tracked separately. */
  readonly groupBy?: string;
}

export interface SequencePattern extends Grouped {
  readonly type: 'sequence';
  readonly events: readonly EventMatcher[];
  readonly within: Duration;
  /** Any other event of the pattern's topics ends a running instance. */
  readonly strict?: boolean;
}

export interface AbsencePattern extends Grouped {
  readonly type: 'absence';
  readonly after: EventMatcher;
  readonly expected: EventMatcher;
  readonly within: Duration;
}

export interface CountPattern extends Grouped {
  readonly type: 'count';
  readonly event: EventMatcher;
  readonly threshold: number;
  /** @default 'gte' */
  readonly comparison?: Comparison;
  readonly window: Duration;
  readonly sliding?: boolean;
}

export interface AggregatePattern extends Grouped {
  readonly type: 'aggregate';
  readonly event: EventMatcher;
  /** A path into the data. */
  readonly field: string;
  readonly function: 'sum' | 'avg' | 'min' | 'max' | 'count';
  readonly threshold: number;
  readonly comparison: Comparison;
  readonly window: Duration;
}

export type TemporalPattern = SequencePattern | AbsencePattern | CountPattern | AggregatePattern;

export type ConditionSource =
  | { readonly type: 'event'; readonly field: string }
  | { readonly type: 'fact'; readonly pattern: string }
  | { readonly type: 'context'; readonly key: string };

export type ConditionOperator =
  | 'eq'
  | 'neq'
  | 'gt'
  | 'gte'
  | 'lt'
  | 'lte'
  | 'in'
  | 'not_in'
  | 'contains'
  | 'not_contains'
  | 'matches'
  | 'exists'
  | 'not_exists';

export interface RuleCondition {
  readonly source: ConditionSource;
  readonly operator: ConditionOperator;
  /** A literal, or `{ref}`. `exists` and `not_exists` need none. */
  readonly value?: unknown;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Keys, topics, names and messages may hold `${source.path}`; values may be `{ref: 'source.path'}`. */
export type RuleAction =
  | { readonly type: 'set_fact'; readonly key: string; readonly value: unknown }
  | { readonly type: 'delete_fact'; readonly key: string }
  | { readonly type: 'emit_event'; readonly topic: string; readonly data: Values }
  | { readonly type: 'set_timer'; readonly timer: TimerDefinition }
  | { readonly type: 'cancel_timer'; readonly name: string }
  | { readonly type: 'log'; readonly level: LogLevel; readonly message: string }
  | {
      readonly type: 'conditional';
      readonly conditions: readonly RuleCondition[];
      readonly then: readonly RuleAction[];
      readonly else?: readonly RuleAction[];
    }
  | {
      readonly type: 'for_each';
      readonly collection: unknown;
      readonly as: string;
      readonly actions: readonly RuleAction[];
      /** @default 1000 */
      readonly maxIterations?: number;
    }
  | {
      readonly type: 'try_catch';
      readonly try: readonly RuleAction[];
      readonly catch?: { readonly as?: string; readonly actions: readonly RuleAction[] };
      readonly finally?: readonly RuleAction[];
    }
  | {
      readonly type: 'call_service';
      readonly service: string;
      readonly method: string;
      readonly args: readonly unknown[];
    };

export interface TimerDefinition {
  readonly name: string;
  readonly duration: Duration;
  readonly onExpire: { readonly topic: string; readonly data: Values };
  /** Fires again every interval, `maxCount` times in all. */
  readonly repeat?: { readonly interval: Duration; readonly maxCount?: number };
}
