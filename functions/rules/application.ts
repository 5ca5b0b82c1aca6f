import type { App } from '../core/app.ts';
import { Failure } from '../core/errors.ts';
import { checkRule } from './check-rule.ts';

/** Whether the application enables rules, even without declaring any. */
export function hasRules({ rules }: App): boolean {
  return rules !== undefined && rules.enabled !== false;
}

/**
 * Validates the rules of an application before anything is deployed or started.
 * @throws Failure that names the rule and its error
 */
export function checkRules({ rules = {} }: App): void {
  const { definitions = [], groups = [] } = rules;
  const ids = new Set<string>();
  for (const definition of definitions) {
    const { errors } = checkRule(definition);
    const [first] = errors;
    if (first) throw wrong(definition.id, `${first.path}: ${first.message}`);
    if (ids.has(definition.id)) throw wrong(definition.id, 'there are two of this id');
    ids.add(definition.id);
    if (definition.group !== undefined && !groups.some(({ id }) => id === definition.group)) {
      throw wrong(definition.id, `"${definition.group}" is no group`);
    }
  }
}

const wrong = (id: string, sentence: string): Failure =>
  new Failure('unacceptable_request', `Rule "${id}": ${sentence}`);
