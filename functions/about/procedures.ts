import {
  type Contract,
  type HttpBinding,
  type Operation,
  type ProcedureBinding,
  saysNothing,
} from '../core/contract.ts';
import { describeSchema, type SchemaNode } from './describe-schema.ts';

interface Procedure {
  readonly name: string;
  readonly inputs?: SchemaNode;
  readonly origins: ProcedureBinding['origins'];
  /** Where its input goes as it is; a path that holds some of the input is a route beside the procedure. */
  readonly http?: HttpBinding;
}

/** Whatever can be called by name, sorted by it. */
export function describeProcedures(contracts: readonly Contract[]): Procedure[] {
  return contracts
    .flatMap(({ operations }) => Object.values(operations))
    .flatMap((operation) => (operation.procedure ? [describe(operation.procedure, operation)] : []))
    .sort((a, b) => a.name.localeCompare(b.name));
}

function describe({ name, origins }: ProcedureBinding, { input, http }: Operation): Procedure {
  return {
    name,
    ...(saysNothing(input) ? {} : { inputs: describeSchema(input) }),
    origins,
    ...(http && !http.path.includes('{') ? { http } : {}),
  };
}
