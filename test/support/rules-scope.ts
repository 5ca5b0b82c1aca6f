import type { Fact, Fields } from '../../functions/rules/event.ts';
import { matchesKey } from '../../functions/rules/patterns.ts';
import type { Matched, Scope } from '../../functions/rules/references.ts';

/** What a rule sees: an event's data, facts as a plain object, and other named values. */
export function scopeOf(
  event: Fields,
  facts: Fields = {},
  more: { variables?: Fields; matched?: readonly Matched[] } = {},
): Scope {
  const all = Object.entries(facts).map(
    ([key, value]): Fact => ({ key, value, timestamp: 0, source: 'api', version: 1 }),
  );
  return {
    event,
    facts: {
      get: async (key) => all.find((fact) => fact.key === key),
      first: async (pattern) => all.find((fact) => matchesKey(pattern, fact.key)),
    },
    variables: new Map(Object.entries(more.variables ?? {})),
    matched: more.matched ?? [],
  };
}
