import { Failure } from '../core/errors.ts';
import type { Ports } from '../core/ports.ts';
import { type BookedRule, readBook } from './book.ts';
import { checkRule, type Rule, updatedRule } from './check-rule.ts';
import type { Fields } from './event.ts';
import type { RuleIssue } from './issues.ts';
import { addRule, dropRule, replaceRule, setSwitch } from './rule-store.ts';

/**
 * Registering, changing and removing rules at run time. An answered change is in effect everywhere. Rules in code can
 * only be enabled and disabled.
 */

/** @throws Failure `unacceptable_record` with all errors, or `already_exists` */
export async function register(ports: Ports, raw: unknown) {
  const rule = checked(raw);
  if (await find(ports, rule.id)) throw taken(rule.id);
  const kept = await addRule(ports, rule);
  if (!kept) throw taken(rule.id);
  const { version, createdAt, updatedAt } = kept;
  return { id: rule.id, name: rule.name, version, createdAt, updatedAt };
}

/** @throws Failure `not_found`, or `not_authorized` for a rule in code */
export async function unregister(ports: Ports, ruleId: string): Promise<void> {
  await changeable(ports, ruleId);
  if (!(await dropRule(ports, ruleId))) throw missing(ruleId);
}

/** Enough tries for many concurrent changes of one rule. */
const mostTries = 60;

/** @throws Failure `not_found`, `unacceptable_record`, or `not_authorized` for a rule in code */
export async function update(ports: Ports, ruleId: string, updates: Fields): Promise<BookedRule> {
  for (let tries = 0; tries < mostTries; tries += 1) {
    const before = await changeable(ports, ruleId);
    const rule = checked(updatedRule(before.rule, updates));
    const kept = await replaceRule(ports, before, rule);
    if (kept) return { ...kept, isInCode: false };
  }
  throw new Failure('service_unavailable', 'Too many change this rule at the same time. Try again shortly.');
}

/** @throws Failure `not_found` */
export async function setEnabled(ports: Ports, ruleId: string, enabled: boolean): Promise<void> {
  const { isInCode } = await existing(ports, ruleId);
  if (isInCode) await setSwitch(ports, ruleId, enabled);
  else await update(ports, ruleId, { enabled });
}

/** @throws Failure `not_found` */
export async function existing(ports: Ports, ruleId: string): Promise<BookedRule> {
  const found = await find(ports, ruleId);
  if (!found) throw missing(ruleId);
  return found;
}

/** Validates a rule by itself, without looking at other rules. */
export function validate(raw: unknown) {
  const { errors, warnings } = checkRule(raw);
  return { valid: errors.length === 0, errors: [...errors], warnings: [...warnings] };
}

async function changeable(ports: Ports, ruleId: string): Promise<BookedRule> {
  const found = await existing(ports, ruleId);
  if (!found.isInCode) return found;
  throw new Failure('not_authorized', `The rule "${ruleId}" is part of the application, and can only be switched.`);
}

async function find(ports: Ports, ruleId: string): Promise<BookedRule | undefined> {
  return (await readBook(ports)).rules.find(({ rule }) => rule.id === ruleId);
}

function checked(raw: unknown): Rule {
  const { rule, errors } = checkRule(raw);
  if (rule) return rule;
  throw new Failure('unacceptable_record', sentence(errors), { issues: errors });
}

function sentence([first]: readonly RuleIssue[]): string {
  return `The rule is wrong: ${first?.path ? `${first.path}: ` : ''}${first?.message ?? ''}`;
}

const taken = (ruleId: string) => new Failure('already_exists', `There is a rule "${ruleId}" already.`);
const missing = (ruleId: string) => new Failure('not_found', `There is no rule "${ruleId}".`);
