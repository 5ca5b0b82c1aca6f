import type { Table } from '../../functions/core/table.ts';

/** One call, from its start to its answer, in steps of a counter: what matters is what happened before what. */
export interface Span {
  readonly begin: number;
  readonly end: number;
}

/** Watches calls of ports; `calls` may be emptied at any time. */
export interface Watch {
  readonly calls: Span[];
  /** The counter as it stands. */
  now(): number;
  table(table: Table): Table;
}

export function watchCalls(): Watch {
  const calls: Span[] = [];
  let step = 0;

  return {
    calls,
    now: () => ++step,
    table(table) {
      return new Proxy(table, {
        get(target, name) {
          const value: unknown = Reflect.get(target, name);
          if (typeof value !== 'function') return value;
          return async (...given: unknown[]) => {
            const begin = ++step;
            try {
              return await value.apply(target, given);
            } finally {
              calls.push({ begin, end: ++step });
            }
          };
        },
      });
    },
  };
}

/** The most calls that followed one another: the length of the longest chain of spans that do not overlap. */
export function longestChain(spans: readonly Span[]): number {
  let length = 0;
  let reached = 0;
  for (const { begin, end } of [...spans].sort((a, b) => a.end - b.end)) {
    if (begin <= reached) continue;
    length += 1;
    reached = end;
  }
  return length;
}
