import { isObject } from '../core/json.ts';
import type { RuleDefinition } from '../core/rule-definition.ts';
import { checkActions } from './check-actions.ts';
import { checkConditions } from './check-conditions.ts';
import { checkTrigger } from './check-trigger.ts';
import type { Fields } from './event.ts';
import { Issues, type RuleIssue } from './issues.ts';
import { isRuleName } from './patterns.ts';

/** A rule with all defaults filled in. */
export type Rule = Required<Omit<RuleDefinition, 'description' | 'group'>> &
  Pick<RuleDefinition, 'description' | 'group'>;

export interface Checked {
  readonly errors: readonly RuleIssue[];
  readonly warnings: readonly RuleIssue[];
  /** With its defaults filled in, when there are no errors. */
  readonly rule?: Rule;
}

/** Checks a rule and returns all errors. */
export function checkRule(raw: unknown): Checked {
  const issues = new Issues();
  if (isObject(raw)) check(issues, raw);
  else issues.error('', 'Rule must be an object');
  const errors = issues.all.filter(({ severity }) => severity === 'error');
  const warnings = issues.all.filter(({ severity }) => severity === 'warning');
  if (errors.length > 0 || !isObject(raw)) return { errors, warnings };
  // It has been checked to be one.
  const definition = raw as unknown as RuleDefinition;
  return { errors, warnings, rule: { ...defaults, ...definition } };
}

/** A rule with some of its parts replaced, to be checked anew. It keeps its id. */
export function updatedRule(rule: RuleDefinition, updates: Fields): unknown {
  return { ...rule, ...updates, id: rule.id };
}

const defaults = { priority: 0, enabled: true, tags: [], conditions: [], actions: [] };

function check(issues: Issues, rule: Fields): void {
  const id = issues.text(rule, 'id', '');
  if (id !== undefined && !isRuleName(id)) issues.error('id', 'Must not be longer than 512 bytes');
  issues.text(rule, 'name', '');
  if (rule.description !== undefined && typeof rule.description !== 'string') {
    issues.error('description', 'Field "description" must be a string');
  }
  if (rule.priority !== undefined && !Number.isFinite(rule.priority)) {
    issues.error('priority', 'Field "priority" must be a number');
  }
  if (rule.enabled !== undefined && typeof rule.enabled !== 'boolean') {
    issues.error('enabled', 'Field "enabled" must be a boolean');
  }
  if (rule.tags !== undefined) {
    issues.array(rule.tags, 'tags')?.forEach((tag, at) => {
      if (typeof tag !== 'string') issues.error(`tags[${at}]`, 'Tag must be a string');
    });
  }
  if (rule.group !== undefined) issues.text(rule, 'group', '');
  checkTrigger(issues, rule.trigger);
  if (rule.conditions !== undefined) checkConditions(issues, rule.conditions, 'conditions');
  const { actions = [] } = rule;
  checkActions(issues, actions, 'actions');
  if (Array.isArray(actions) && actions.length === 0) issues.warning('actions', 'Rule has no actions');
  const isEmpty = Array.isArray(rule.lookups) && rule.lookups.length === 0;
  if (rule.lookups !== undefined && !isEmpty) issues.error('lookups', 'Lookups are not supported; use call_service');
}
