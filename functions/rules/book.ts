import { createHash } from 'node:crypto';
import type { App } from '../core/app.ts';
import { canonical } from '../core/canonical.ts';
import type { Ports } from '../core/ports.ts';
import type { Table } from '../core/table.ts';
import { checkRule } from './check-rule.ts';
import { type KeptRule, readRules, readRulesVersion } from './rule-store.ts';
import type { RegisteredRule } from './select.ts';

/** A rule with its metadata, in code or registered at run time. */
export interface BookedRule extends RegisteredRule {
  readonly isInCode: boolean;
  readonly version: number;
  /** Milliseconds since 1970; 0 for rules in code, which came with a deployment. */
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** All current rules. */
export interface RuleBook {
  readonly rules: readonly BookedRule[];
  readonly disabledGroups: ReadonlySet<string>;
}

/** Rules in code come before all that are registered at run time. */
const beforeAll = -1_000_000;

/** Costs one small read; the rules themselves are only read after a change. */
export async function readBook(ports: Ports): Promise<RuleBook> {
  const version = await readRulesVersion(ports);
  const known = books.get(ports.table);
  if (known?.version === version && known.app === ports.app) return known.book;
  const book = version === 0 ? bookOf(ports.app, [], []) : await readWhole(ports);
  books.set(ports.table, { version, app: ports.app, book });
  return book;
}

/** Cached rules, only valid with a version that was just read. */
const books = new WeakMap<Table, { readonly version: number; readonly app: App; readonly book: RuleBook }>();

async function readWhole(ports: Ports): Promise<RuleBook> {
  const { rules, switches } = await readRules(ports);
  return bookOf(ports.app, rules, switches);
}

function bookOf(
  app: App,
  kept: readonly KeptRule[],
  switches: readonly { id: string; enabled: boolean; updatedAt: number }[],
): RuleBook {
  const bySwitch = new Map(switches.map((one) => [one.id, one]));
  const inCode = rulesInCode(app).map((booked): BookedRule => {
    const switched = bySwitch.get(booked.rule.id);
    if (!switched) return booked;
    const { enabled, updatedAt } = switched;
    return { ...booked, rule: { ...booked.rule, enabled }, updatedAt };
  });
  const taken = new Set(inCode.map(({ rule }) => rule.id));
  // A deployment may add a rule with an id that was registered before: the one in code wins.
  const registered = kept.filter(({ rule }) => !taken.has(rule.id)).map((one) => ({ ...one, isInCode: false }));
  const groups = app.rules?.groups ?? [];
  return {
    rules: [...inCode, ...registered],
    disabledGroups: new Set(groups.filter(({ enabled }) => !enabled).map(({ id }) => id)),
  };
}

/** @throws Error for an invalid definition, with which an application cannot be built */
function rulesInCode({ rules }: App): BookedRule[] {
  return (rules?.definitions ?? []).map((definition, at) => {
    const { rule } = checkRule(definition);
    if (!rule) throw new Error(`The rule ${definition.id} is wrong.`);
    return { rule, order: beforeAll + at, isInCode: true, version: 1, createdAt: 0, updatedAt: 0 };
  });
}

/**
 * Names a rule's event pattern, so that events seen by another pattern, or by an earlier rule with the same id, do not
 * count for it.
 */
export function patternName({ rule, order, isInCode }: BookedRule): string {
  const text = canonical([rule.id, isInCode ? null : order, rule.trigger]);
  return createHash('sha256').update(text).digest('base64url');
}
