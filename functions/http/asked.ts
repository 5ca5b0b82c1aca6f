import { isInQuery, isSaidByPath, type Operation, saysNothing } from '../core/contract.ts';
import type { Callee } from '../core/env.ts';
import type { Bound } from '../core/implement.ts';
import { familyOf } from '../wire/families.ts';
import type { OriginClass } from '../wire/family.ts';
import { callProcedurePath, proceduresOf } from './call-procedure.ts';
import { type HttpEvent, header, jsonBody } from './event.ts';
import { routesTo } from './routes.ts';

/** An operation that another function fulfils. */
export interface Elsewhere {
  readonly operation: Operation;
  readonly runsIn: Callee;
}

/** An operation to run, with its input: read after the origin has been checked. */
export interface Asked {
  readonly bound: Bound;
  readonly origins: OriginClass;
  /** Of success, where the request came by the operation's own path. */
  readonly status?: number | undefined;
  input(): unknown;
}

/** What a request is for; or the function that knows. */
export type Sought = Asked | Elsewhere;

/** @returns what finds the operation of a request; it throws what the family says to unknown paths and procedures */
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
    // What is no procedure belongs to the pages where people sign in and see to their account.
    const origins = listed.operation.procedure?.origins ?? 'account';
    const status = listed.operation.http?.status;
    return { bound: listed, origins, status, input: () => ({ ...given(event, listed), ...variables }) };
  };
}

/** The query or the body; nothing where the operation takes nothing more, so that any body will do. */
function given(event: HttpEvent, { operation }: Bound): Readonly<Record<string, unknown>> {
  if (saysNothing(operation.input) || isSaidByPath(operation)) return {};
  if (!isInQuery(operation)) {
    // Where a body is a value that may be too large, that is what it is then.
    const tooLarge = operation.errors.find((code) => code === 'value_too_large');
    return jsonBody(event, operation.http?.maxBodyBytes, tooLarge);
  }
  const { lists = [], headers = {} } = operation.http ?? {};
  const { queryStringParameters: single = {} } = event;
  if (lists.length === 0) return single;
  // The gateway joins what is there more than once with commas, which a text may have, too.
  const query = new URLSearchParams(event.rawQueryString);
  const several = lists.filter((name) => query.has(name)).map((name) => [name, query.getAll(name)]);
  const carried = Object.entries(headers).map(([field, name]) => [field, header(event, name)]);
  return { ...single, ...Object.fromEntries(several), ...Object.fromEntries(carried) };
}
