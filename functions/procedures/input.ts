import { isObject } from '../core/json.ts';
import { isNothing, own } from '../core/own.ts';
import type { InputType, ProcedureDefinition } from '../core/procedure-definition.ts';
import type { Fields } from '../store/filter.ts';

/** The input of a procedure, or all its errors. */
export type Input =
  | { readonly input: Fields; readonly issues?: never }
  | { readonly issues: readonly string[]; readonly input?: never };

/**
 * Fills in defaults and checks types. A field without default is required unless it says otherwise; null counts as
 * missing. Fields that the procedure does not name pass unchecked.
 */
export function inputFor({ input: fields = {} }: ProcedureDefinition, given: unknown = {}): Input {
  if (!isObject(given)) return { issues: ['input: expected object'] };
  const issues: string[] = [];
  const filled = Object.entries(fields).flatMap(([field, definition]) => {
    const value = own(given, field);
    if (isNothing(value)) {
      if (definition.default !== undefined) return [[field, definition.default] as const];
      if (definition.required ?? true) issues.push(`input.${field}: required`);
    } else if (!isOfType[definition.type](value)) {
      issues.push(`input.${field}: expected ${definition.type}`);
    }
    return [];
  });
  return issues.length > 0 ? { issues } : { input: { ...given, ...Object.fromEntries(filled) } };
}

const isOfType: Readonly<Record<InputType, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  number: (value) => Number.isFinite(value),
  boolean: (value) => typeof value === 'boolean',
  object: isObject,
  array: Array.isArray,
};
