import { isObject } from '../core/json.ts';
import { at, isNothing } from '../core/own.ts';
import type { Fields } from '../store/filter.ts';

/** The values that references in a procedure's steps can name. */
export interface Scope {
  readonly input: Fields;
  /** Results of earlier steps, by their `as`. */
  readonly results: ReadonlyMap<string, unknown>;
}

/** `input.x`, `name`, `name.path.0.field`, `name.length`. Undefined if the path leads nowhere. */
export function resolve(path: string, { input, results }: Scope): unknown {
  const [root = '', ...rest] = path.split('.');
  return at(root === 'input' ? input : results.get(root), rest);
}

/**
 * Fills in the references in a value, at any depth. A text that is only `{{ path }}` becomes the value it refers to, of
 * any type. Inside a longer text, values are written as text, objects as JSON, null and absent as nothing.
 */
export function fillIn(value: unknown, scope: Scope): unknown {
  if (typeof value === 'string') return fillText(value, scope);
  if (Array.isArray(value)) return value.map((element) => fillIn(element, scope));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, fillIn(field, scope)]));
}

/** Whether a text is only a reference. */
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

/** The text before the next reference, its path, and the index at which the text continues. */
function nextReference(text: string, from: number): [string, string, number] | undefined {
  const start = text.indexOf('{{', from);
  const end = start < 0 ? -1 : text.indexOf('}}', start);
  return end < 0 ? undefined : [text.slice(from, start), text.slice(start + 2, end).trim(), end + 2];
}

function textOf(value: unknown): string {
  if (isNothing(value)) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
