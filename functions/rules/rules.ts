import { implement } from '../core/implement.ts';
import { existing, register, setEnabled, unregister, update, validate } from './administration.ts';
import { readBook } from './book.ts';
import { rulesContract } from './contract.ts';
import { emit, known, makeKnown } from './emitting.ts';
import { allFacts, deleteFact, factsMatching } from './fact-store.ts';
import { statistics } from './statistics.ts';
import { subscribe, unsubscribe } from './subscriptions.ts';

/**
 * Events, facts and rules. All effects of a request are complete when it is answered, except timers and work that takes
 * too long.
 */
export const rules = implement('rules', rulesContract, {
  emit: (ports, _, { data = {}, ...emission }) => emit(ports, { ...emission, data }),

  setFact: (ports, _, { key, value }) => makeKnown(ports, key, value),
  getFact: async (ports, _, { key }) => (await known(ports, key))?.value ?? null,
  deleteFact: async (ports, _, { key }) => ({ deleted: await deleteFact(ports, key) }),
  queryFacts: (ports, _, { pattern }) => factsMatching(ports, pattern),
  getAllFacts: (ports) => allFacts(ports),

  subscribe: async (ports, caller, { pattern }) => ({ subscriptionId: await subscribe(ports, caller, pattern) }),

  async unsubscribe(ports, { connection }, { subscriptionId }) {
    await unsubscribe(ports, connection, subscriptionId);
    return { unsubscribed: true as const };
  },

  stats: (ports) => statistics(ports),

  registerRule: (ports, _, { rule }) => register(ports, rule),

  async unregisterRule(ports, _, { ruleId }) {
    await unregister(ports, ruleId);
    return { ruleId, unregistered: true as const };
  },

  async updateRule(ports, _, { ruleId, updates }) {
    const { version, updatedAt } = await update(ports, ruleId, updates);
    return { id: ruleId, version, updatedAt };
  },

  async enableRule(ports, _, { ruleId }) {
    await setEnabled(ports, ruleId, true);
    return { ruleId, enabled: true as const };
  },

  async disableRule(ports, _, { ruleId }) {
    await setEnabled(ports, ruleId, false);
    return { ruleId, enabled: false as const };
  },

  async getRule(ports, _, { ruleId }) {
    const { rule, version, createdAt, updatedAt } = await existing(ports, ruleId);
    return { ...rule, version, createdAt, updatedAt };
  },

  async getRules(ports) {
    const { rules: booked } = await readBook(ports);
    return {
      rules: booked.map(({ rule: { id, name, enabled, priority, tags, group }, version }) => ({
        ...{ id, name, enabled, priority, version, tags: [...tags] },
        ...(group === undefined ? {} : { group }),
      })),
    };
  },

  validateRule: async (_, __, { rule }) => validate(rule),
});
