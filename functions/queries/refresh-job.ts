import type { Job, Ports } from '../core/ports.ts';

/** A query is to be looked at; job of the fan-out function. */
export interface RefreshBody {
  readonly instance: string;
  /** The changes for which; with none it is looked at whatever its subscribers have seen. */
  readonly marks: readonly string[];
}

/** One change asks once, however often it is told. */
export function refreshJob({ ids }: Ports, instance: string, marks: readonly string[]): Job {
  const body: RefreshBody = { instance, marks };
  return { kind: 'query', group: `query:${instance}`, id: `query:${instance}:${marks.at(-1) ?? ids.uuid()}`, body };
}
