import type { SocketApiPart, SocketRoutePart } from '../parts.ts';
import { isObject } from '../template/json.ts';

/** Chooses the route of a message; undefined if there is not even a `$default`. */
export type SocketRouter = (body: string) => SocketRoutePart | undefined;

/**
 * Evaluates a selection such as `$request.body.type` or `${request.body.a.b}`. A message without a route's key (no
 * JSON, no such key, no text, no such route) goes to `$default`. No message reaches `$connect` or `$disconnect`.
 * @throws Error for a selection of another form
 */
export function createSocketRouter({ selection, routes }: SocketApiPart): SocketRouter {
  const [, path] = /^\$\{?request\.body\.([A-Za-z0-9_.-]+)\}?$/.exec(selection) ?? [];
  if (path === undefined) throw new Error(`The local runtime cannot evaluate the route selection ${selection}.`);
  const keys = path.split('.');
  const byKey = new Map(
    routes.filter(({ routeKey }) => !routeKey.startsWith('$')).map((route) => [route.routeKey, route] as const),
  );
  const fallback = routes.find(({ routeKey }) => routeKey === '$default');

  return (body) => {
    const selected = select(body, keys);
    return (typeof selected === 'string' ? byKey.get(selected) : undefined) ?? fallback;
  };
}

function select(body: string, keys: readonly string[]): unknown {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return undefined;
  }
  for (const key of keys) {
    if (!isObject(value) || !Object.hasOwn(value, key)) return undefined;
    value = value[key];
  }
  return value;
}
