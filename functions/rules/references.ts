import { isObject } from '../core/json.ts';
import { at, isNothing } from '../core/own.ts';
import type { Fact, Fields, RuleEvent } from './event.ts';

/** The values to which references refer while a rule runs. */
export interface Scope {
  /** The rule's trigger; see `triggerData`. */
  readonly event: Fields;
  readonly facts: FactReader;
  /** Of `for_each` and `try_catch`. */
  readonly variables: ReadonlyMap<string, unknown>;
  /** The events of a temporal pattern, in time order, and the names that the pattern gives them. */
  readonly matched: readonly Matched[];
}

export interface Matched {
  readonly event: Pick<RuleEvent, 'data'>;
  readonly as?: string;
}

/** Current facts, including those that earlier actions have set. */
export interface FactReader {
  get(key: string): Promise<Fact | undefined>;
  /** Of those whose keys match. */
  first(pattern: string): Promise<Fact | undefined>;
}

export interface Reference {
  readonly ref: string;
}

const sources: ReadonlySet<string> = new Set(['event', 'trigger', 'fact', 'var', 'matched']);

/** An object with a `ref` and nothing else. */
export function isReference(value: unknown): value is Reference {
  return isObject(value) && typeof value.ref === 'string' && Object.keys(value).length === 1;
}

/** Whether a reference, and every nested one, begins with an existing source. */
export function hasKnownSources(ref: string): boolean {
  return (
    sources.has(sourceOf(ref)) &&
    interpolated(ref).every(({ ref: inner }) => inner === undefined || hasKnownSources(inner))
  );
}

/** The references in `${...}` of a text. */
export function referencesIn(text: string): string[] {
  return interpolated(text).flatMap(({ ref }) => ref ?? []);
}

/** A literal as it is, a reference as what it refers to: undefined where that is nothing. */
export async function resolved(value: unknown, scope: Scope): Promise<unknown> {
  return isReference(value) ? await resolve(value.ref, scope) : value;
}

/** The same for each field of an object, at the top level only; those that refer to nothing are left out. */
export async function resolvedFields(fields: Fields, scope: Scope): Promise<Fields> {
  const filled: (readonly [string, unknown])[] = [];
  for (const [name, field] of Object.entries(fields)) {
    const value = await resolved(field, scope);
    if (value !== undefined) filled.push([name, value]);
  }
  return Object.fromEntries(filled);
}

/** A text with `${source.path}` filled in: objects as JSON, null and absent as nothing. */
export async function interpolate(text: string, scope: Scope): Promise<string> {
  const parts = interpolated(text).map(async ({ literal, ref }) =>
    ref === undefined ? literal : textOf(await resolve(ref, scope)),
  );
  return (await Promise.all(parts)).join('');
}

/**
 * `event.path` (or `trigger.path`), `fact.key` (which may hold `${...}` itself), `var.name.path`, `matched.0.path` and
 * `matched.alias.path`, with or without `data` before the path. Undefined where it leads nowhere.
 */
export async function resolve(ref: string, scope: Scope): Promise<unknown> {
  const source = sourceOf(ref);
  const rest = ref.slice(source.length + 1);
  if (source === 'fact') return (await scope.facts.get(await interpolate(rest, scope)))?.value;
  const path = rest === '' ? [] : (await interpolate(rest, scope)).split('.');
  switch (source) {
    case 'event':
    case 'trigger':
      return at(scope.event, path);
    case 'var':
      return at(scope.variables.get(path[0] ?? ''), path.slice(1));
    case 'matched':
      return ofMatched(path, scope.matched);
    default:
      return undefined;
  }
}

function ofMatched([which = '', ...path]: readonly string[], matched: readonly Matched[]): unknown {
  const found = /^\d+$/.test(which) ? matched[Number(which)] : matched.find(({ as }) => as === which);
  const value = at(found?.event.data, path);
  return value === undefined && path[0] === 'data' ? at(found?.event.data, path.slice(1)) : value;
}

function sourceOf(ref: string): string {
  return ref.split('.', 1)[0] ?? ref;
}

interface Part {
  readonly literal: string;
  readonly ref?: string;
}

/** Splits a text at `${...}`; what is opened inside is closed inside. Without its end it is no reference. */
function interpolated(text: string): Part[] {
  const parts: Part[] = [];
  let from = 0;
  for (let start = text.indexOf('${'); start >= 0; start = text.indexOf('${', from)) {
    const end = endOf(text, start + 2);
    if (end < 0) break;
    parts.push({ literal: text.slice(from, start) }, { literal: '', ref: text.slice(start + 2, end).trim() });
    from = end + 1;
  }
  return [...parts, { literal: text.slice(from) }];
}

function endOf(text: string, from: number): number {
  let depth = 1;
  for (let at = from; at < text.length; at++) {
    if (text[at] === '}') depth--;
    else if (text.startsWith('${', at)) depth++;
    if (depth === 0) return at;
  }
  return -1;
}

function textOf(value: unknown): string {
  if (isNothing(value)) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
