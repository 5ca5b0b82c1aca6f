import type { Operation } from '../core/contract.ts';
import { Failure } from '../core/errors.ts';

export const callProcedurePath = '/api/v3/callProcedure';

/** A call of a procedure by name, with its input. */
export interface Call<Listed> {
  readonly listed: Listed;
  readonly input: unknown;
}

export type Procedures<Listed> = (body: Readonly<Record<string, unknown>>) => Call<Listed>;

/** Finds procedures by the name in the body. A map has no inherited names, so that `constructor` is unknown. */
export function proceduresOf<Listed extends { readonly operation: Operation }>(
  operations: readonly Listed[],
): Procedures<Listed> {
  const byName = new Map(
    operations.flatMap((listed) => {
      const { procedure } = listed.operation;
      return procedure ? [[procedure.name, listed] as const] : [];
    }),
  );
  return ({ procedure, input }) => {
    if (typeof procedure !== 'string') {
      const issue = { code: 'invalid_type', expected: 'string', path: ['procedure'], message: 'Name a procedure.' };
      throw new Failure('unacceptable_request', 'The request was invalid: procedure: Name a procedure.', {
        issues: [issue],
      });
    }
    const listed = byName.get(procedure);
    if (!listed) throw new Failure('not_found', `Unable to find procedure: ${procedure.slice(0, 64)}`);
    return { listed, input: input ?? {} };
  };
}
