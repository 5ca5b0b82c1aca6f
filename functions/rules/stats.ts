/** What is counted since deployment; counters of several places add up field by field. */
export interface RuleCounters {
  readonly eventsProcessed: number;
  readonly rulesExecuted: number;
  /** Of all events together, in milliseconds. */
  readonly processingMs: number;
}

export const noCounts: RuleCounters = { eventsProcessed: 0, rulesExecuted: 0, processingMs: 0 };

export function addCounts(one: RuleCounters, other: RuleCounters): RuleCounters {
  return {
    eventsProcessed: one.eventsProcessed + other.eventsProcessed,
    rulesExecuted: one.rulesExecuted + other.rulesExecuted,
    processingMs: one.processingMs + other.processingMs,
  };
}

/** As clients see it. */
export interface RuleStats {
  readonly rulesCount: number;
  readonly factsCount: number;
  readonly timersCount: number;
  readonly eventsProcessed: number;
  readonly rulesExecuted: number;
  readonly avgProcessingTimeMs: number;
  readonly tracing: { readonly enabled: boolean; readonly entriesCount: number; readonly maxEntries: number };
}

export function statsOf(
  there: Pick<RuleStats, 'rulesCount' | 'factsCount' | 'timersCount'>,
  { eventsProcessed, rulesExecuted, processingMs }: RuleCounters,
): RuleStats {
  return {
    ...there,
    eventsProcessed,
    rulesExecuted,
    avgProcessingTimeMs: eventsProcessed === 0 ? 0 : processingMs / eventsProcessed,
    tracing: { enabled: false, entriesCount: 0, maxEntries: 0 },
  };
}
