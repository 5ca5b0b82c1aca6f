import type { Operation } from '../core/contract.ts';
import type { HttpEvent } from './event.ts';

/** The operation of a request, and the variables in its path. */
export interface Found<Listed> {
  readonly listed: Listed;
  readonly variables: Readonly<Record<string, string>>;
}

export interface Routes<Listed> {
  find(event: HttpEvent): Found<Listed> | undefined;
  /** Methods that a path has. */
  methodsOf(path: string): readonly string[];
}

interface Route<Listed> {
  readonly listed: Listed;
  readonly key: string;
  readonly method: string;
  readonly segments: readonly string[];
  readonly isFixed: boolean;
}

/**
 * Finds operations by method and path, as in their contracts. Both must match exactly; a variable stands for one
 * non-empty segment, and paths without variables win. If the gateway has a route for the operation, its match counts,
 * because only the gateway knows the path before decoding.
 */
export function routesTo<Listed extends { readonly operation: Operation }>(
  operations: readonly Listed[],
): Routes<Listed> {
  const routes = operations.flatMap(routeOf).sort((a, b) => Number(b.isFixed) - Number(a.isFixed));
  const byKey = new Map(routes.map((route) => [route.key, route]));
  const methodsOf = (path: string) => {
    const segments = path.split('/');
    const fitting = routes.filter((route) => match(route.segments, segments) !== undefined);
    return [...new Set(fitting.map(({ method }) => method))];
  };
  const find = (event: HttpEvent): Found<Listed> | undefined => {
    const known = byKey.get(event.routeKey);
    if (known) return { listed: known.listed, variables: given(event.pathParameters ?? {}) };
    const segments = event.rawPath.split('/');
    for (const { listed, method, segments: wanted } of routes) {
      if (method !== event.requestContext.http.method) continue;
      const variables = match(wanted, segments);
      if (variables) return { listed, variables };
    }
    return undefined;
  };
  return { find, methodsOf };
}

function routeOf<Listed extends { readonly operation: Operation }>(listed: Listed): Route<Listed>[] {
  const { http } = listed.operation;
  if (!http) return [];
  const { method, path, also = [] } = http;
  return [path, ...also].map((one) => ({
    listed,
    key: `${method} ${one}`,
    method,
    segments: one.split('/'),
    isFixed: !one.includes('{'),
  }));
}

function match(wanted: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  if (wanted.length !== segments.length) return undefined;
  const variables: [string, string][] = [];
  for (const [at, name] of wanted.entries()) {
    const segment = segments[at] ?? '';
    if (!name.startsWith('{')) {
      if (name !== segment) return undefined;
    } else if (segment === '') {
      return undefined;
    } else {
      variables.push([name.slice(1, -1), decoded(segment)]);
    }
  }
  return Object.fromEntries(variables);
}

/** Text with invalid percent-encoding is used unchanged. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function given(parameters: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(parameters).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
