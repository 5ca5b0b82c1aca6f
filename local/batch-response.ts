import type { Outcome } from './parts.ts';

/** A function's answer to a batch: the items that failed, or that the whole batch counts as failed. */
export type BatchVerdict =
  | { readonly all: true; readonly why: string }
  | { readonly all: false; readonly failed: ReadonlySet<string> };

const done: BatchVerdict = { all: false, failed: new Set() };

/**
 * Reads a partial batch answer as Lambda does. Nothing, `{}` and an empty list mean success. A throw, an answer of
 * another shape, or an identifier that is not in the batch means that the whole batch failed.
 *
 * @param reports whether the mapping requests item failures; otherwise every returned value means success
 */
export function readBatchResponse(outcome: Outcome, reports: boolean, identifiers: ReadonlySet<string>): BatchVerdict {
  if (!outcome.ok) return { all: true, why: `${outcome.reason}: ${outcome.message}` };
  const answer = outcome.payload;
  if (!reports || answer === null || answer === undefined) return done;
  // A function may return anything; both members are checked before use.
  const failures = (answer as { batchItemFailures?: unknown }).batchItemFailures;
  if (failures === null || failures === undefined) return done;
  if (!Array.isArray(failures)) return { all: true, why: 'batchItemFailures is no list' };
  const failed = new Set<string>();
  for (const failure of failures) {
    const identifier: unknown = failure?.itemIdentifier;
    if (typeof identifier !== 'string' || !identifiers.has(identifier)) {
      return { all: true, why: `itemIdentifier ${JSON.stringify(identifier)} is not in the batch` };
    }
    failed.add(identifier);
  }
  return { all: false, failed };
}
