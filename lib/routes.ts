import { protocol } from '../functions/protocol.ts';

/** A route of its own in the HTTP API. */
export interface ExactRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  /** Name of its function. */
  readonly runsIn: string;
}

const operations = Object.values(protocol).flatMap((contract) => Object.values<Declared>(contract.operations));

/** What the template needs of an operation. */
interface Declared {
  readonly http?: { readonly method: ExactRoute['method']; readonly path: string };
  readonly socket?: { readonly type: string; readonly ordered?: boolean; readonly runsIn?: string };
  /** A procedure, which is called by name and needs no route. */
  readonly procedure?: { readonly name: string };
  readonly runsIn?: string;
}

/**
 * Operations of other functions than the light one, and those with variables in their path, because only the gateway
 * knows the path before decoding, and it passes decoded variables.
 */
export function exactRoutes(): readonly ExactRoute[] {
  return operations.flatMap(({ http, runsIn = 'http' }) =>
    http === undefined || (runsIn === 'http' && !http.path.includes('{'))
      ? []
      : [{ method: http.method, path: http.path, runsIn }],
  );
}

/** Types of frames that take the lane, each once: routes only see the type, not the dialect. */
export function orderedTypes(): readonly string[] {
  const types = operations.flatMap(({ socket }) => (socket?.ordered === true ? [socket.type] : []));
  return [...new Set(types)].sort();
}

/** Types of frames that go directly to a function of their own, each once. */
export function directTypes(runsIn: string): readonly string[] {
  const types = operations.flatMap(({ socket }) => (socket?.runsIn === runsIn ? [socket.type] : []));
  return [...new Set(types)].sort();
}
