import { together } from '../core/concurrently.ts';
import type { Ports } from '../core/ports.ts';
import { type BookedRule, type RuleBook, readBook } from './book.ts';
import { type Cause, causedBy, causedByFact, mayTrigger } from './chain.ts';
import { handOver, takeTasks } from './chain-store.ts';
import { count } from './count-store.ts';
import { deliver } from './delivery.ts';
import { effectsOf, factsNow } from './effects.ts';
import { type Fact, type RuleEvent, type Trigger, triggerData } from './event.ts';
import { see } from './patterns-in-time.ts';
import { runRule } from './run.ts';
import { inOrder, isOn, rulesFor, temporalRulesFor } from './select.ts';
import type { ChainBody, Task } from './tasks.ts';
import { timerEvent } from './timer.ts';

/** No task begins after this: another function continues, and the client gets its answer. */
const beginUntilMs = 10_000;
/** Running tasks end by then, because no client waits longer: later actions fail. */
const endByMs = 20_000;

/**
 * The most that one request may trigger in total, in bytes of events and facts, so that chains of rules end. Each
 * counts at least a thousand bytes, so there are at most ten thousand.
 */
const chainBytes = 10_000_000;
const leastBytes = 1_000;

/** Runs tasks and everything that rules trigger, breadth first. Resolves when all is done or handed over. */
export async function work(ports: Ports, tasks: readonly Task[], left = chainBytes): Promise<void> {
  if (tasks.length === 0) return;
  const run = new Chain(ports, tasks, left);
  try {
    await run.finish();
  } finally {
    await run.count();
  }
}

/** Job of the fan-out function: continue work that another function handed over. */
export async function goOn(ports: Ports, { id }: ChainBody): Promise<void> {
  const taken = await takeTasks(ports, id);
  if (taken) await work(ports, taken.tasks, taken.left ?? chainBytes);
}

class Chain {
  readonly #ports: Ports;
  /** The rules as of the start, read while the first event is delivered. */
  readonly #book: Promise<RuleBook>;
  readonly #began: number;
  #tasks: Task[];
  /** Of {@link chainBytes}. */
  #left: number;
  #events = 0;
  #rules = 0;

  constructor(ports: Ports, tasks: readonly Task[], left: number) {
    this.#ports = ports;
    this.#book = readBook(ports);
    this.#book.catch(() => {}); // whoever needs it hears of it
    this.#tasks = [...tasks];
    this.#left = left;
    this.#began = ports.clock.now();
  }

  async finish(): Promise<void> {
    for (let task = this.#tasks.shift(); task; task = this.#tasks.shift()) {
      await this.#perform(task);
      if (this.#tasks.length > 0 && this.#elapsedMs() > beginUntilMs)
        return handOver(this.#ports, this.#tasks, { left: this.#left });
    }
  }

  async count(): Promise<void> {
    if (this.#events + this.#rules === 0) return;
    const processingMs = this.#events === 0 ? 0 : this.#elapsedMs();
    await count(this.#ports, { eventsProcessed: this.#events, rulesExecuted: this.#rules, processingMs });
  }

  async #perform(task: Task): Promise<void> {
    switch (task.type) {
      case 'event':
        return this.#event(task.event, task.depth);
      case 'fact':
        return mayTrigger(task.cause)
          ? this.#setOff({ type: 'fact', fact: task.fact }, causedByFact(task.cause))
          : undefined;
      case 'timer':
        return this.#setOff({ type: 'timer', timer: task.timer }, task.cause);
      case 'timerEvent': {
        const { ids, clock } = this.#ports;
        return this.#event(timerEvent(task.timer, ids.uuid(), clock.now()), 0);
      }
      case 'rule':
        return this.#rule(task);
      case 'pattern':
        return this.#pattern(task);
    }
  }

  async #event(event: RuleEvent, depth: number): Promise<void> {
    const [{ rules, disabledGroups }] = await together([this.#book, deliver(this.#ports, event)]);
    this.#events += 1;
    if (!mayTrigger({ depth })) return;
    const cause = causedBy(event, depth);
    const trigger: Trigger = { type: 'event', event };
    const waiting = temporalRulesFor(rules, event, disabledGroups);
    const both = inOrder([...rulesFor(rules, trigger, disabledGroups), ...waiting]);
    this.#next(
      both.map(({ rule: { id: ruleId, trigger: awaited } }) =>
        awaited.type === 'temporal'
          ? { type: 'pattern', ruleId, event, cause }
          : { type: 'rule', ruleId, trigger, matched: [], cause },
      ),
    );
  }

  async #setOff(trigger: Trigger, cause: Cause): Promise<void> {
    const { rules, disabledGroups } = await this.#book;
    this.#next(
      rulesFor(rules, trigger, disabledGroups).map(({ rule }) => ({
        type: 'rule',
        ruleId: rule.id,
        trigger,
        matched: [],
        cause,
      })),
    );
  }

  async #pattern({ ruleId, event, cause }: Task & { readonly type: 'pattern' }): Promise<void> {
    const booked = await this.#find(ruleId);
    const trigger = booked?.rule.trigger;
    if (!booked || trigger?.type !== 'temporal') return;
    const firings = await see(this.#ports, booked, trigger.pattern, event);
    this.#next(
      firings.map((firing) => ({
        type: 'rule',
        ruleId,
        trigger: { type: 'event', event: firing.event },
        matched: firing.matched,
        cause,
      })),
    );
  }

  async #rule({ ruleId, trigger, matched, cause }: Task & { readonly type: 'rule' }): Promise<void> {
    const rule = (await this.#find(ruleId))?.rule;
    if (!rule) return;
    const scope = { event: triggerData(trigger), facts: factsNow(this.#ports), variables: new Map(), matched };
    const effects = effectsOf(this.#ports, {
      ruleId,
      cause,
      add: (next, weighing) => this.#add(next, weighing),
      remainingMs: () => endByMs - this.#elapsedMs(),
    });
    const { hasRun, failures } = await runRule(rule, scope, effects);
    if (hasRun) this.#rules += 1;
    for (const { type, message } of failures)
      this.#ports.log.info('a part of a rule failed', { rule: ruleId, type, message });
  }

  /** Adds a task at the end, but before a timer's own event. @throws Error when the limit is reached */
  #add(task: Task, weighing: RuleEvent | Fact): void {
    this.#left -= Math.max(leastBytes, Buffer.byteLength(JSON.stringify(weighing)));
    if (this.#left < 0) throw new Error('Too much has been set off by one event');
    const closing = this.#tasks.at(-1)?.type === 'timerEvent' ? 1 : 0;
    this.#tasks.splice(this.#tasks.length - closing, 0, task);
  }

  /** Adds triggered rules before all other tasks. */
  #next(tasks: readonly Task[]): void {
    this.#tasks = [...tasks, ...this.#tasks];
  }

  async #find(ruleId: string): Promise<BookedRule | undefined> {
    const { rules, disabledGroups } = await this.#book;
    const booked = rules.find(({ rule }) => rule.id === ruleId);
    return booked && isOn(booked.rule, disabledGroups) ? booked : undefined;
  }

  #elapsedMs(): number {
    return this.#ports.clock.now() - this.#began;
  }
}
