import { Failure } from '../core/errors.ts';
import type { Bound } from '../core/implement.ts';

export const callProcedurePath = '/api/v3/callProcedure';

/** A procedure that was called by name, and its input. */
export interface Call {
  readonly bound: Bound;
  readonly input: unknown;
}

export type Procedures = (body: Readonly<Record<string, unknown>>) => Call;

/** Finds procedures by the name in the body. A map has no inherited names: `constructor` is as unknown as any other. */
export function proceduresOf(operations: readonly Bound[]): Procedures {
  const byName = new Map(
    operations.flatMap((bound) => {
      const { procedure } = bound.operation;
      return procedure ? [[procedure.name, bound] as const] : [];
    }),
  );
  return ({ procedure, input }) => {
    if (typeof procedure !== 'string') {
      const issue = { code: 'invalid_type', expected: 'string', path: ['procedure'], message: 'Name a procedure.' };
      throw new Failure('unacceptable_request', 'The request was invalid: procedure: Name a procedure.', {
        issues: [issue],
      });
    }
    const bound = byName.get(procedure);
    if (!bound) throw new Failure('not_found', `Unable to find procedure: ${procedure.slice(0, 64)}`);
    return { bound, input: input ?? {} };
  };
}
