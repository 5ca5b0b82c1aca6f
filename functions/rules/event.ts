export type Fields = Readonly<Record<string, unknown>>;

export interface RuleEvent {
  readonly id: string;
  readonly topic: string;
  readonly data: Fields;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  /** A client or a procedure, a rule, or a timer that ran out. */
  readonly source: 'api' | 'rule' | 'timer';
  /** Copied to all events that rules emit because of it. */
  readonly correlationId?: string;
  /** What caused it: an event's id, a timer's id, or what a client says. */
  readonly causationId?: string;
}

export interface Fact {
  readonly key: string;
  readonly value: unknown;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly source: 'api' | 'rule';
  /** 1 at first, and one more with every set; starts at 1 again after a deletion. */
  readonly version: number;
}

/** What triggered rules. */
export type Trigger =
  | { readonly type: 'event'; readonly event: RuleEvent }
  | { readonly type: 'fact'; readonly fact: Fact }
  | { readonly type: 'timer'; readonly timer: TimerTrigger };

/** A timer that ran out. */
export interface TimerTrigger {
  readonly id: string;
  readonly name: string;
  readonly expiresAt: number;
  readonly data: Fields;
}

/** The data to which `event.*` refers in triggered rules. */
export function triggerData(trigger: Trigger): Fields {
  switch (trigger.type) {
    case 'event':
      return trigger.event.data;
    case 'fact':
      return { fact: trigger.fact };
    case 'timer': {
      const { id, name, expiresAt, data } = trigger.timer;
      return { ...data, timerId: id, timerName: name, expiresAt };
    }
  }
}
