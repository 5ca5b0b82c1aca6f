import type { App } from '../core/app.ts';
import { Failure } from '../core/errors.ts';
import { checkRule } from './check-rule.ts';

/** Whether the application declares rules, if only that there may be some. */
export function hasRules({ rules }: App): boolean {
  return rules !== undefined && rules.enabled !== false;
}

/**
 * Whether the rules that an application declares can work, before anything is deployed or started.
 * @throws Failure naming the rule and what is wrong with it
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
