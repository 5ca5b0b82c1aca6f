import type { HttpRoutePart } from '../parts.ts';
import { decodePath } from './query.ts';

/** A request's route, with the values of its variables. */
export interface RouteMatch {
  readonly route: HttpRoutePart;
  readonly pathParameters: Readonly<Record<string, string>>;
}

type Segment =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'variable' | 'greedy'; readonly name: string };
interface Candidate {
  readonly route: HttpRoutePart;
  readonly method: string;
  readonly segments: readonly Segment[];
}

const RANK = { literal: 0, variable: 1, greedy: 2 } as const;

/**
 * Chooses routes as HTTP APIs do. Only routes for the method are candidates. From left to right, a literal segment wins
 * over a variable, and a variable over a greedy one. The exact method wins over `ANY`; `$default` takes the rest.
 */
export function createHttpRouter(routes: readonly HttpRoutePart[]) {
  const fallback = routes.find((route) => route.routeKey === '$default');
  const candidates = routes
    .filter((route) => route !== fallback)
    .map(parse)
    .sort(bySpecificity);

  return (method: string, path: string): RouteMatch | undefined => {
    // A leading slash makes an empty first segment; a trailing one makes an empty last segment, which nothing matches.
    const segments = path.slice(1).split('/');
    for (const candidate of candidates) {
      if (candidate.method !== 'ANY' && candidate.method !== method) continue;
      const pathParameters = match(candidate.segments, segments);
      if (pathParameters !== undefined) return { route: candidate.route, pathParameters };
    }
    return fallback === undefined ? undefined : { route: fallback, pathParameters: {} };
  };
}

function parse(route: HttpRoutePart): Candidate {
  const [method = '', path = ''] = route.routeKey.split(' ');
  const segments = path.slice(1).split('/').map(parseSegment);
  return { route, method, segments };
}

function parseSegment(text: string): Segment {
  const [, name, plus] = /^\{([^}+]+)(\+?)\}$/.exec(text) ?? [];
  if (name === undefined) return { kind: 'literal', text };
  return { kind: plus === '+' ? 'greedy' : 'variable', name };
}

function bySpecificity(a: Candidate, b: Candidate): number {
  for (let at = 0; at < Math.max(a.segments.length, b.segments.length); at++) {
    const [left, right] = [a.segments[at], b.segments[at]];
    // Only routes of the same length can both match here, except greedy ones: the longer prefix comes first.
    if (left === undefined || right === undefined) return left === undefined ? 1 : -1;
    if (left.kind !== right.kind) return RANK[left.kind] - RANK[right.kind];
  }
  return Number(a.method === 'ANY') - Number(b.method === 'ANY');
}

function match(pattern: readonly Segment[], path: readonly string[]): Record<string, string> | undefined {
  const parameters: Record<string, string> = {};
  for (const [at, segment] of pattern.entries()) {
    const given = path[at];
    if (segment.kind === 'greedy') {
      const rest = path.slice(at).join('/');
      if (rest === '') return undefined;
      parameters[segment.name] = decodePath(rest);
      return parameters;
    }
    if (given === undefined) return undefined;
    if (segment.kind === 'literal') {
      if (segment.text !== given && segment.text !== decodePath(given)) return undefined;
    } else {
      if (given === '') return undefined;
      parameters[segment.name] = decodePath(given);
    }
  }
  return pattern.length === path.length ? parameters : undefined;
}
