import { isPassingTrouble } from '../core/errors.ts';
import type { LogLevel, RuleAction } from '../core/rule-definition.ts';
import type { Rule } from './check-rule.ts';
import { allHold } from './conditions.ts';
import type { Fields } from './event.ts';
import { isRuleName } from './patterns.ts';
import { interpolate, resolved, resolvedFields, type Scope } from './references.ts';
import { type TimerSetting, timerSetting } from './timer.ts';

/** The effects of actions. Each is complete when its promise resolves; a rejection is a failed action. */
export interface Effects {
  setFact(key: string, value: unknown): Promise<void>;
  deleteFact(key: string): Promise<void>;
  emit(topic: string, data: Fields): Promise<void>;
  setTimer(timer: TimerSetting): Promise<void>;
  cancelTimer(name: string): Promise<void>;
  log(level: LogLevel, message: string): void;
  call(service: string, method: string, args: readonly unknown[]): Promise<unknown>;
}

/** A failed action, after which the others still ran; or conditions that could not be evaluated. */
export interface RunFailure {
  readonly type: RuleAction['type'] | 'conditions';
  readonly message: string;
}

export interface Run {
  /** Whether the conditions held. */
  readonly hasRun: boolean;
  readonly failures: readonly RunFailure[];
}

/** The most actions of one run, including nested ones, so that nested loops end. */
const maxActions = 10_000;
const defaultIterations = 1_000;

/**
 * Runs a rule: its actions in order, if its conditions hold. A rule whose conditions cannot be evaluated does not run,
 * and does not stop the others, because the trigger would otherwise be retried for ever.
 * @throws temporary failures: the conditions may be evaluated later
 */
export async function runRule({ conditions, actions }: Rule, scope: Scope, effects: Effects): Promise<Run> {
  try {
    if (!(await allHold(conditions, scope))) return { hasRun: false, failures: [] };
  } catch (problem) {
    if (isPassingTrouble(problem)) throw problem;
    return { hasRun: false, failures: [{ type: 'conditions', message: messageOf(problem) }] };
  }
  const run = new Actions(effects);
  await run.all(actions, scope);
  return { hasRun: true, failures: run.failures };
}

class Actions {
  readonly failures: RunFailure[] = [];
  readonly #effects: Effects;
  #started = 0;

  constructor(effects: Effects) {
    this.#effects = effects;
  }

  /** Runs actions in sequence, even if some fail. */
  async all(actions: readonly RuleAction[], scope: Scope): Promise<void> {
    for (const action of actions) await this.#attempt(action, scope);
  }

  /** @returns why it failed; undefined if it worked */
  async #attempt(action: RuleAction, scope: Scope): Promise<string | undefined> {
    if (this.#started >= maxActions) return `A run ends after ${maxActions} actions`;
    this.#started++;
    try {
      await this.#perform(action, scope);
      return undefined;
    } catch (problem) {
      const message = messageOf(problem);
      this.failures.push({ type: action.type, message });
      return message;
    }
  }

  async #perform(action: RuleAction, scope: Scope): Promise<void> {
    const effects = this.#effects;
    switch (action.type) {
      case 'set_fact': {
        const key = await name(action.key, scope);
        return effects.setFact(key, (await resolved(action.value, scope)) ?? null);
      }
      case 'delete_fact':
        return effects.deleteFact(await name(action.key, scope));
      case 'emit_event': {
        const topic = await name(action.topic, scope);
        return effects.emit(topic, await resolvedFields(action.data, scope));
      }
      case 'set_timer': {
        const setting = await timerSetting(action.timer, scope);
        refuseBadName(setting.name, action.timer.name);
        refuseBadName(setting.onExpire.topic, action.timer.onExpire.topic);
        return effects.setTimer(setting);
      }
      case 'cancel_timer':
        return effects.cancelTimer(await name(action.name, scope));
      case 'log':
        return effects.log(action.level, await interpolate(action.message, scope));
      case 'call_service': {
        const args: unknown[] = [];
        for (const arg of action.args) args.push(await resolved(arg, scope));
        await effects.call(action.service, action.method, args);
        return;
      }
      case 'conditional':
        return this.all((await allHold(action.conditions, scope)) ? action.then : (action.else ?? []), scope);
      case 'for_each':
        return this.#forEach(action, scope);
      case 'try_catch':
        return this.#tryCatch(action, scope);
    }
  }

  /** Elements beyond the bound are left out. */
  async #forEach(action: RuleAction & { type: 'for_each' }, scope: Scope): Promise<void> {
    const elements = await resolved(action.collection, scope);
    if (!Array.isArray(elements)) throw new Error('for_each needs an array');
    const { as, actions, maxIterations = defaultIterations } = action;
    for (const [index, element] of elements.slice(0, maxIterations).entries()) {
      if (this.#started >= maxActions) throw new Error(`A run ends after ${maxActions} actions`);
      await this.all(actions, withVariables(scope, [as, element], [`${as}_index`, index]));
    }
  }

  /** The first action that fails ends `try`. What fails there is caught, and recorded like any other failure. */
  async #tryCatch(action: RuleAction & { type: 'try_catch' }, scope: Scope): Promise<void> {
    for (const attempted of action.try) {
      const message = await this.#attempt(attempted, scope);
      if (message === undefined) continue;
      const { as, actions = [] } = action.catch ?? {};
      await this.all(actions, as === undefined ? scope : withVariables(scope, [as, { message }]));
      break;
    }
    await this.all(action.finally ?? [], scope);
  }
}

const messageOf = (problem: unknown): string => (problem instanceof Error ? problem.message : String(problem));

function withVariables(scope: Scope, ...added: (readonly [string, unknown])[]): Scope {
  return { ...scope, variables: new Map([...scope.variables, ...added]) };
}

async function name(template: string, scope: Scope): Promise<string> {
  const text = await interpolate(template, scope);
  refuseBadName(text, template);
  return text;
}

/** @throws Error when a template's result is empty or too long */
function refuseBadName(text: string, template: string): void {
  if (!isRuleName(text)) throw new Error(`"${template}" must become a text of 1 to 512 bytes`);
}
