import { Failure } from '../core/errors.ts';
import { type Expression, ex } from '../core/expression.ts';
import { keys, rulePrefix, ruleSwitchPrefix, rulesPartition } from '../core/keys.ts';
import type { Ports } from '../core/ports.ts';
import type { Item, TransactWrite } from '../core/table.ts';
import type { Rule } from './check-rule.ts';

/**
 * Rules that were registered at run time, and which rules in code are enabled. Every change also changes one version,
 * which is read before rules run. So a change is in effect everywhere at once, and a run costs one small read.
 */
export interface KeptRule {
  readonly rule: Rule;
  /** Grows with every registration. */
  readonly order: number;
  readonly version: number;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** A rule in code that was switched at run time. */
export interface RuleSwitch {
  readonly id: string;
  readonly enabled: boolean;
  readonly updatedAt: number;
}

/** 0 before the first change. */
export async function readRulesVersion({ table }: Ports): Promise<number> {
  const item = await table.get(keys.rulesVersion());
  return Number(item?.version ?? 0);
}

/** Reads all rules, at least as new as the version that was read before. */
export async function readRules({ table }: Ports): Promise<{ rules: KeptRule[]; switches: RuleSwitch[] }> {
  const items = await table.query({ pk: rulesPartition });
  return {
    rules: items.filter(({ sk }) => String(sk).startsWith(rulePrefix)).map(keptOf),
    switches: items.filter(({ sk }) => String(sk).startsWith(ruleSwitchPrefix)).map(switchOf),
  };
}

/** @returns undefined when there is one of this id already */
export async function addRule(ports: Ports, rule: Rule): Promise<KeptRule | undefined> {
  const now = ports.clock.now();
  const key = keys.rule(rule.id);
  return changing(ports, async (version) => {
    const kept: KeptRule = { rule, order: version, version: 1, createdAt: now, updatedAt: now };
    return { write: { put: { ...key, ...itemOf(kept) }, when: ex`attribute_not_exists(pk)` }, answer: kept };
  });
}

/** @returns undefined when it has been changed, or is gone, since it was read */
export async function replaceRule(ports: Ports, before: KeptRule, rule: Rule): Promise<KeptRule | undefined> {
  const { version } = before;
  const kept: KeptRule = { ...before, rule, version: version + 1, updatedAt: ports.clock.now() };
  const write = { put: { ...keys.rule(rule.id), ...itemOf(kept) }, when: ex`version = ${version}` };
  return changing(ports, async () => ({ write, answer: kept }));
}

/** @returns false when there is none */
export async function dropRule(ports: Ports, id: string): Promise<boolean> {
  const write = { delete: keys.rule(id), when: ex`attribute_exists(pk)` };
  return (await changing(ports, async () => ({ write, answer: true }))) ?? false;
}

/** Switches a rule in code. */
export async function setSwitch(ports: Ports, id: string, enabled: boolean): Promise<void> {
  const write = { put: { ...keys.ruleSwitch(id), enabled, updatedAt: ports.clock.now() } };
  await changing(ports, async () => ({ write, answer: true }));
}

/** Enough tries for many concurrent changes of rules. */
const mostTries = 60;
const longestPauseMs = 20;

/**
 * Serializes changes. @returns undefined when the change's own condition fails
 * @throws Failure `service_unavailable` when concurrent changes always win
 */
async function changing<T>(
  ports: Ports,
  change: (version: number) => Promise<{ readonly write: TransactWrite & { when?: Expression }; readonly answer: T }>,
): Promise<T | undefined> {
  for (let tries = 0; tries < mostTries; tries += 1) {
    const version = await readRulesVersion(ports);
    const { write, answer } = await change(version + 1);
    const done = await ports.table.transact([
      {
        update: keys.rulesVersion(),
        change: ex`SET version = ${version + 1}`,
        when: version === 0 ? ex`attribute_not_exists(pk)` : ex`version = ${version}`,
      },
      write,
    ]);
    if (done.ok) return answer;
    if (done.lost[1]) return undefined;
    await ports.clock.wait(ports.ids.integer(longestPauseMs + 1));
  }
  throw new Failure('service_unavailable', 'Too many change rules at the same time. Try again shortly.');
}

function itemOf({ rule, ...rest }: KeptRule): Item {
  return { definition: JSON.stringify(rule), ...rest };
}

function keptOf(item: Item): KeptRule {
  return {
    rule: JSON.parse(String(item.definition)) as Rule, // written by itemOf
    order: Number(item.order),
    version: Number(item.version),
    createdAt: Number(item.createdAt),
    updatedAt: Number(item.updatedAt),
  };
}

function switchOf(item: Item): RuleSwitch {
  const id = String(item.sk).slice(ruleSwitchPrefix.length);
  return { id, enabled: item.enabled === true, updatedAt: Number(item.updatedAt) };
}
