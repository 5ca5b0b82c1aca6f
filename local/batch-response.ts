import type { Outcome } from './parts.ts';

/** What a function says of a batch: which of its items failed, or that nothing of it may be believed to be done. */
export type BatchVerdict =
  | { readonly all: true; readonly why: string }
  | { readonly all: false; readonly failed: ReadonlySet<string> };

const done: BatchVerdict = { all: false, failed: new Set() };

/**
 * Reads a partial batch answer as Lambda does: nothing, `{}` and an empty list mean success; a throw, an answer of another
 * shape, or an identifier that the batch does not have mean that all of it failed.
 *
 * @param reports whether the mapping asks for item failures; otherwise whatever was returned means success
 */
export function readBatchResponse(outcome: Outcome, reports: boolean, identifiers: ReadonlySet<string>): BatchVerdict {
  if (!outcome.ok) return { all: true, why: `${outcome.reason}: ${outcome.message}` };
  const answer = outcome.payload;
  if (!reports || answer === null || answer === undefined) return done;
  // Anything may have been returned; both members are checked before they are used.
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
