import { isObject } from '../core/json.ts';
import { at, isNothing } from '../core/own.ts';
import type { Fields } from '../store/filter.ts';

/** What references in the values of a procedure's steps may name. */
export interface Scope {
  readonly input: Fields;
  /** What earlier steps left under their `as`. */
  readonly results: ReadonlyMap<string, unknown>;
}

/** `input.x`, `name`, `name.path.0.field`, `name.length`. Undefined where the path leads nowhere. */
export function resolve(path: string, { input, results }: Scope): unknown {
  const [root = '', ...rest] = path.split('.');
  return at(root === 'input' ? input : results.get(root), rest);
}

/**
 * A value with its references filled in, wherever they stand in it. A text that is nothing but `{{ path }}` becomes what it
 * refers to, of whatever type; inside a longer text values are written as text, objects as JSON, null and absent as nothing.
 */
export function fillIn(value: unknown, scope: Scope): unknown {
  if (typeof value === 'string') return fillText(value, scope);
  if (Array.isArray(value)) return value.map((element) => fillIn(element, scope));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, fillIn(field, scope)]));
}

/** Whether a text is nothing but a reference. */
export function isReference(text: unknown): text is string {
  if (typeof text !== 'string') return false;
  const [before, path, after] = nextReference(text, 0) ?? [];
  return before === '' && path !== '' && after === text.length;
}

function fillText(text: string, scope: Scope): unknown {
  let filled = '';
  let from = 0;
  for (let found = nextReference(text, from); found; found = nextReference(text, from)) {
    const [before, path, after] = found;
    const value = resolve(path, scope);
    if (from === 0 && before === '' && after === text.length) return value;
    filled += before + textOf(value);
    from = after;
  }
  return filled + text.slice(from);
}

/** The text before it, its path, and where the text goes on. */
function nextReference(text: string, from: number): [string, string, number] | undefined {
  const start = text.indexOf('{{', from);
  const end = start < 0 ? -1 : text.indexOf('}}', start);
  return end < 0 ? undefined : [text.slice(from, start), text.slice(start + 2, end).trim(), end + 2];
}

function textOf(value: unknown): string {
  if (isNothing(value)) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
