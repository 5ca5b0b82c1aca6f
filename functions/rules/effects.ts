import type { Ports } from '../core/ports.ts';
import { type Cause, emittedEvent } from './chain.ts';
import type { Fact, RuleEvent } from './event.ts';
import { refuseLarge } from './event-size.ts';
import { deleteFact, factsMatching, findFact, setFact } from './fact-store.ts';
import type { FactReader } from './references.ts';
import type { Effects } from './run.ts';
import { callService } from './services.ts';
import type { Task } from './tasks.ts';
import { dropTimer } from './timer-store.ts';
import { startTimer } from './timers.ts';

/** The context of a rule's actions. */
export interface Doing {
  readonly ruleId: string;
  readonly cause: Cause;
  /** Adds a task that follows from an event or a fact. @throws Error when the chain's limit is reached */
  add(task: Task, weighing: RuleEvent | Fact): void;
  /** Milliseconds until the request's time is over: later actions fail. */
  remainingMs(): number;
}

/** Executes the actions of a rule. Rules that they trigger run later. */
export function effectsOf(ports: Ports, { ruleId, cause, add, remainingMs }: Doing): Effects {
  const { clock, ids, log } = ports;
  const inTime = <Args extends unknown[], T>(act: (...args: Args) => Promise<T>) => {
    return async (...args: Args): Promise<T> => {
      if (remainingMs() <= 0) throw new Error('The rule takes too long');
      return act(...args);
    };
  };
  return {
    setFact: inTime(async (key, value) => {
      const fact = await setFact(ports, key, value, 'rule');
      add({ type: 'fact', fact, cause }, fact);
    }),
    deleteFact: inTime(async (key) => {
      await deleteFact(ports, key);
    }),
    emit: inTime(async (topic, data) => {
      const event = emittedEvent(cause, { id: ids.uuid(), topic, data, timestamp: clock.now() });
      refuseLarge(event);
      add({ type: 'event', event, depth: cause.depth }, event);
    }),
    setTimer: inTime(async (timer) => {
      const { topic, data } = timer.onExpire;
      refuseLarge({ id: ids.uuid(), topic, data, timestamp: clock.now(), source: 'timer' });
      await startTimer(ports, timer, cause.correlationId);
    }),
    cancelTimer: inTime((name) => dropTimer(ports, name)),
    log: (level, message) => log.info('a rule says', { rule: ruleId, level, message }),
    call: inTime((service, method, args) => callService(ports, { service, method, args, forMs: remainingMs() })),
  };
}

/** Facts as they are at the moment of asking. */
export function factsNow(ports: Ports): FactReader {
  return {
    get: (key) => findFact(ports, key),
    first: async (pattern) => (await factsMatching(ports, pattern))[0],
  };
}
