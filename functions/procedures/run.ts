import type { Caller } from '../core/caller.ts';
import { Failure } from '../core/errors.ts';
import type { Ports } from '../core/ports.ts';
import type { ProcedureDefinition, Step } from '../core/procedure-definition.ts';
import { refuseUnpermitted } from '../socket-auth/permissions.ts';
import { settle } from '../store/settle.ts';
import { runStep } from '../store/transaction.ts';
import { parseStep, type Step as StoreStep } from '../store/transaction-steps.ts';
import { bucketIn, type Work } from '../store/work.ts';
import { timeoutOf } from './check.ts';
import { inputFor } from './input.ts';
import { aggregateStep, holds, transformStep } from './pure-steps.ts';
import { fillIn, type Scope } from './references.ts';
import { isRulesStep, type RulesSteps, rulesStepsAfter, rulesStepsNow } from './rules-steps.ts';

/** The answer of a procedure. */
interface Answer {
  readonly success: true;
  readonly result?: unknown;
  readonly results: Record<string, unknown>;
}

/** One run of a procedure, or one attempt of a transaction. */
interface Run {
  readonly ports: Ports;
  readonly caller: Caller;
  readonly scope: Scope & { readonly results: Map<string, unknown> };
  /** Milliseconds since 1970. */
  readonly endsAt: number;
  /** Runs an action on the store. */
  readonly act: <T>(act: (work: Work) => Promise<T>) => Promise<T>;
  readonly rules: RulesSteps;
}

/**
 * Runs a procedure. In a transaction, all steps form one unit: it is retried while concurrent writes interfere, and if
 * a step fails, nothing takes effect. Rules get its events only after it has taken effect. Without a transaction, each
 * step takes effect at once.
 * @throws Failure of a step; `unacceptable_procedure` for its input; `server_error` if it takes too long
 */
export async function run(
  ports: Ports,
  caller: Caller,
  definition: ProcedureDefinition,
  given: unknown,
): Promise<Answer> {
  const { input, issues } = inputFor(definition, given);
  if (issues) throw new Failure('unacceptable_procedure', `The input does not fit: ${issues.join('; ')}`, { issues });
  const common = { ports, caller, endsAt: ports.clock.now() + timeoutOf(definition) };
  const begin = (act: Run['act'], rules: RulesSteps): Run => ({
    ...common,
    scope: { input, results: new Map() },
    act,
    rules,
  });
  if (!definition.transaction) {
    const one = begin((act) => settle(ports, act), rulesStepsNow(ports, caller));
    return answerOf(await runSteps(one, definition.steps), one);
  }
  const { done, returned, rules } = await settle(ports, async (work) => {
    const after = rulesStepsAfter(ports, caller);
    const attempt = begin((act) => act(work), after);
    const value = await runSteps(attempt, definition.steps);
    refuseLate(attempt);
    return { done: attempt, returned: value, rules: after };
  });
  for (const [name, value] of await rules.tell()) done.scope.results.set(name, value);
  return answerOf(returned, done);
}

/** The value of a return step; undefined if there was none. */
type Returned = { readonly value: unknown } | undefined;

function answerOf(returned: Returned, { scope }: Run): Answer {
  const results = Object.fromEntries(scope.results);
  return { success: true, ...(returned ? { result: returned.value ?? null } : {}), results };
}

async function runSteps(current: Run, steps: readonly Step[]): Promise<Returned> {
  for (const step of steps) {
    refuseLate(current);
    if (step.action === 'return') return { value: fillIn(step.value, current.scope) };
    if (step.action === 'if') {
      const branch = holds(step.condition, current.scope) ? step.then : (step.else ?? []);
      const returned = await runSteps(current, branch);
      if (returned) return returned;
      continue;
    }
    const result = await runOne(current, step);
    if (step.as !== undefined) current.scope.results.set(step.as, result ?? null);
  }
  return undefined;
}

async function runOne(current: Run, step: Exclude<Step, { readonly action: 'return' | 'if' }>): Promise<unknown> {
  const { scope, rules, caller, ports } = current;
  if (step.action === 'aggregate') return aggregateStep(step, scope);
  if (step.action === 'transform') return transformStep(step, scope);
  if (isRulesStep(step)) return rules.run(step, scope);
  const { action, as: _, ...fields } = step;
  const parsed = storeStep(action, fillIn(fields, scope));
  refuseUnpermitted(ports, caller.identity, action, parsed.bucket);
  return current.act(async (work) => runStep(work, await bucketIn(work, parsed.bucket), parsed));
}

function storeStep(action: string, fields: unknown): StoreStep {
  return parseStep({ ...(fields as object), op: action.slice('store.'.length) }); // still an object after filling in
}

function refuseLate({ ports, endsAt }: Run): void {
  if (ports.clock.now() > endsAt) throw new Failure('server_error', 'The procedure took too long.');
}
