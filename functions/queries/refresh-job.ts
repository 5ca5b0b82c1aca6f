import type { Job, Ports } from '../core/ports.ts';

/** Job of the fan-out function: evaluate a query. */
export interface RefreshBody {
  readonly instance: string;
  /** The changes in question; without any, the query is evaluated whatever its subscribers have seen. */
  readonly marks: readonly string[];
}

/** One job per change, however often it is reported. */
export function refreshJob({ ids }: Ports, instance: string, marks: readonly string[]): Job {
  const body: RefreshBody = { instance, marks };
  return { kind: 'query', group: `query:${instance}`, id: `query:${instance}:${marks.at(-1) ?? ids.uuid()}`, body };
}
