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

/** Nothing more is begun after this: another function goes on, and whoever waits for an answer gets it. */
const beginUntilMs = 10_000;
/** What has been begun ends by then, since nobody waits longer for an answer: actions that come later have failed. */
const endByMs = 20_000;

/**
 * What one thing may set off in all, in bytes of events and facts: rules that multiply, ten deep, come to an end. Small ones
 * count as a thousand, so that there are ten thousand of them at most.
 */
const chainBytes = 10_000_000;
const leastBytes = 1_000;

/** Does what is to be done, and what rules do because of it, breadth first. Over when all of it is done, or handed over. */
export async function work(ports: Ports, tasks: readonly Task[], left = chainBytes): Promise<void> {
  if (tasks.length === 0) return;
  const run = new Chain(ports, tasks, left);
  try {
    await run.finish();
  } finally {
    await run.count();
  }
}

/** What another function had no time for, or was not made for; job of the fan-out function. */
export async function goOn(ports: Ports, { id }: ChainBody): Promise<void> {
  const taken = await takeTasks(ports, id);
  if (taken) await work(ports, taken.tasks, taken.left ?? chainBytes);
}

class Chain {
  readonly #ports: Ports;
  /** As it was when this began; read while the first event is delivered. */
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

  /** Behind everything that is waiting, but for a timer's own event. @throws Error when there has been too much */
  #add(task: Task, weighing: RuleEvent | Fact): void {
    this.#left -= Math.max(leastBytes, Buffer.byteLength(JSON.stringify(weighing)));
    if (this.#left < 0) throw new Error('Too much has been set off by one event');
    const closing = this.#tasks.at(-1)?.type === 'timerEvent' ? 1 : 0;
    this.#tasks.splice(this.#tasks.length - closing, 0, task);
  }

  /** Rules that are set off come before what else there is to do. */
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
