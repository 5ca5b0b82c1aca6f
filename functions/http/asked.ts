import { isInQuery, isSaidByPath, type Operation, saysNothing } from '../core/contract.ts';
import type { Callee } from '../core/env.ts';
import type { Bound } from '../core/implement.ts';
import { familyOf } from '../wire/families.ts';
import type { OriginClass } from '../wire/family.ts';
import { callProcedurePath, proceduresOf } from './call-procedure.ts';
import { type HttpEvent, header, jsonBody } from './event.ts';
import { routesTo } from './routes.ts';

/** An operation of another function. */
export interface Elsewhere {
  readonly operation: Operation;
  readonly runsIn: Callee;
}

/** An operation to run, with its input, which is read after the origin check. */
export interface Asked {
  readonly bound: Bound;
  readonly origins: OriginClass;
  /** Status of success, if the request came by the operation's own path. */
  readonly status?: number | undefined;
  input(): unknown;
}

/** The operation of a request, or the function that has it. */
export type Sought = Asked | Elsewhere;

/**
 * @returns a function that finds a request's operation, and throws the family's error for unknown paths and procedures
 */
export function finder(operations: readonly (Bound | Elsewhere)[]): (event: HttpEvent) => Sought {
  const routes = routesTo(operations);
  const procedures = proceduresOf(operations);
  return (event) => {
    if (event.requestContext.http.method === 'POST' && event.rawPath === callProcedurePath) {
      const { listed, input } = procedures(jsonBody(event));
      if ('runsIn' in listed) return listed;
      return { bound: listed, origins: listed.operation.procedure?.origins, input: () => input };
    }
    const found = routes.find(event);
    if (!found) throw familyOf(event.rawPath).unknown(routes.methodsOf(event.rawPath));
    const { listed, variables } = found;
    if ('runsIn' in listed) return listed;
    // Operations that are no procedures belong to the sign-in and account pages.
    const origins = listed.operation.procedure?.origins ?? 'account';
    const status = listed.operation.http?.status;
    return { bound: listed, origins, status, input: () => ({ ...given(event, listed), ...variables }) };
  };
}

/** The query or the body. Empty if the operation takes neither, so that any body is accepted. */
function given(event: HttpEvent, { operation }: Bound): Readonly<Record<string, unknown>> {
  if (saysNothing(operation.input) || isSaidByPath(operation)) return {};
  if (!isInQuery(operation)) {
    // For operations whose body is a value, a body that is too large gets their own error.
    const tooLarge = operation.errors.find((code) => code === 'value_too_large');
    return jsonBody(event, operation.http?.maxBodyBytes, tooLarge);
  }
  const { lists = [], headers = {} } = operation.http ?? {};
  const { queryStringParameters: single = {} } = event;
  if (lists.length === 0) return single;
  // Not the gateway's parsed query: it joins repeated parameters with commas, which values may contain too.
  const query = new URLSearchParams(event.rawQueryString);
  const several = lists.filter((name) => query.has(name)).map((name) => [name, query.getAll(name)]);
  const carried = Object.entries(headers).map(([field, name]) => [field, header(event, name)]);
  return { ...single, ...Object.fromEntries(several), ...Object.fromEntries(carried) };
}
