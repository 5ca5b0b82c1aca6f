import type { Caller } from '../core/caller.ts';
import { Failure } from '../core/errors.ts';
import { isObject } from '../core/json.ts';
import type { Ports } from '../core/ports.ts';
import type { Step } from '../core/procedure-definition.ts';
import { hasRules } from '../rules/application.ts';
import { emit, known, makeKnown } from '../rules/emitting.ts';
import { isRuleName } from '../rules/patterns.ts';
import { refuseUnpermitted } from '../socket-auth/permissions.ts';
import { fillIn, type Scope } from './references.ts';

/** Steps that use rules: the only place where procedures meet them. */

type RulesStep = Extract<Step, { readonly action: `rules.${string}` }>;

export interface RulesSteps {
  run(step: RulesStep, scope: Scope): Promise<unknown>;
}

export const isRulesStep = (step: Step): step is RulesStep => step.action.startsWith('rules.');

/** Performs each step at once. */
export function rulesStepsNow(ports: Ports, caller: Caller): RulesSteps {
  return { run: async (step, scope) => perform(ports, prepared(ports, caller, step, scope)) };
}

/**
 * Checks each step at once, but performs it only after everything else has taken effect, so results exist only then.
 * Later steps can read a fact that an earlier one set.
 */
export function rulesStepsAfter(
  ports: Ports,
  caller: Caller,
): RulesSteps & { tell(): Promise<(readonly [name: string, result: unknown])[]> } {
  const waiting: { readonly name: string | undefined; readonly asked: Asked }[] = [];
  const facts = new Map<string, unknown>();
  return {
    async run(step, scope) {
      const asked = prepared(ports, caller, step, scope);
      if (asked.action === 'rules.getFact') {
        return facts.has(asked.resource) ? facts.get(asked.resource) : perform(ports, asked);
      }
      if (asked.action === 'rules.setFact') facts.set(asked.resource, asked.value);
      waiting.push({ name: step.as, asked });
      return null;
    },
    async tell() {
      const results: (readonly [string, unknown])[] = [];
      for (const { name, asked } of waiting) {
        const result = await perform(ports, asked);
        if (name !== undefined) results.push([name, result]);
      }
      return results;
    },
  };
}

/** A step with its references filled in. */
interface Asked {
  readonly action: RulesStep['action'];
  /** A topic, or the key of a fact. */
  readonly resource: string;
  readonly value: unknown;
}

/** @throws Failure `not_authorized`, `unacceptable_request`, `rules_not_available` */
function prepared(ports: Ports, { identity }: Caller, step: RulesStep, scope: Scope): Asked {
  const { action } = step;
  if (!hasRules(ports.app)) throw new Failure('rules_not_available', `${action}: the application has no rules.`);
  const resource = fillIn(action === 'rules.emit' ? step.topic : step.key, scope);
  if (!isRuleName(resource)) {
    throw new Failure('unacceptable_request', `${action} needs a text of 1 to 512 bytes.`);
  }
  const value = fillIn(
    action === 'rules.emit' ? (step.data ?? {}) : action === 'rules.setFact' ? step.value : null,
    scope,
  );
  if (action === 'rules.emit' && !isObject(value)) {
    throw new Failure('unacceptable_request', `What ${action} emits must be an object.`);
  }
  refuseUnpermitted(ports, identity, action, resource);
  return { action, resource, value };
}

async function perform(ports: Ports, { action, resource, value }: Asked): Promise<unknown> {
  switch (action) {
    case 'rules.emit':
      return emit(ports, { topic: resource, data: isObject(value) ? value : {} });
    case 'rules.setFact':
      return makeKnown(ports, resource, value);
    case 'rules.getFact':
      return (await known(ports, resource))?.value ?? null;
  }
}
