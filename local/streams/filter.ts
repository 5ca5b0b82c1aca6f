import { isObject } from '../template/json.ts';

/**
 * Whether `value` matches an event pattern: every named field matches one of the alternatives listed for it. Numbers in
 * DynamoDB JSON are text and are compared as such, except by `numeric`. An unknown kind of condition never matches.
 */
export function matchesPattern(value: unknown, pattern: unknown): boolean {
  if (!isObject(pattern)) return false;
  const fields = isObject(value) ? value : {};
  return Object.entries(pattern).every(([name, wanted]) => {
    if (name === '$or')
      return Array.isArray(wanted) && wanted.some((alternative) => matchesPattern(value, alternative));
    if (Array.isArray(wanted)) return wanted.some((condition) => meets(fields[name], condition));
    return matchesPattern(fields[name], wanted);
  });
}

function meets(value: unknown, condition: unknown): boolean {
  // A list matches if one of its elements does.
  if (Array.isArray(value)) return value.some((element) => meets(element, condition));
  if (!isObject(condition)) return value === condition;
  return Object.entries(condition).every(([kind, wanted]) => conditions[kind]?.(value, wanted) ?? false);
}

const conditions: Readonly<Record<string, (value: unknown, wanted: unknown) => boolean>> = {
  exists: (value, wanted) => (value !== undefined) === wanted,
  prefix: (value, wanted) => typeof value === 'string' && value.startsWith(String(wanted)),
  suffix: (value, wanted) => typeof value === 'string' && value.endsWith(String(wanted)),
  'equals-ignore-case': (value, wanted) =>
    typeof value === 'string' && value.toLowerCase() === String(wanted).toLowerCase(),
  wildcard: (value, wanted) => typeof value === 'string' && wildcard(String(wanted)).test(value),
  'anything-but': (value, wanted) => {
    if (value === undefined) return false;
    const refused: unknown[] = Array.isArray(wanted) ? wanted : [wanted];
    return !refused.some((each) => meets(value, each));
  },
  numeric: (value, wanted) => Array.isArray(wanted) && compares(Number(value), wanted),
};

function wildcard(pattern: string): RegExp {
  return new RegExp(`^${pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/\*/g, '.*')}$`, 's');
}

/** `['>', 0, '<=', 5]`: operators and numbers in turn. */
function compares(value: number, wanted: readonly unknown[]): boolean {
  for (let at = 0; at + 1 < wanted.length; at += 2) {
    if (!comparisons[String(wanted[at])]?.(value, Number(wanted[at + 1]))) return false;
  }
  return wanted.length > 0;
}

const comparisons: Readonly<Record<string, (left: number, right: number) => boolean>> = {
  '=': (left, right) => left === right,
  '<': (left, right) => left < right,
  '<=': (left, right) => left <= right,
  '>': (left, right) => left > right,
  '>=': (left, right) => left >= right,
};
