import type { FieldDefinition, FieldType, Schema } from '../core/bucket-definition.ts';
import { isObject } from '../core/json.ts';
import { isNothing, own } from '../core/own.ts';
import { compilePattern, type Pattern } from '../core/pattern.ts';
import type { Fields } from './filter.ts';
import { formats } from './formats.ts';

/** One error in a record. */
export interface Issue {
  /** The path of the field, as in `meta.size` or `labels[1]`; `_record` for the record as a whole. */
  readonly field: string;
  readonly message: string;
  readonly code: IssueCode;
}

export type IssueCode =
  | 'required'
  | 'type'
  | 'enum'
  | 'min'
  | 'max'
  | 'minLength'
  | 'maxLength'
  | 'pattern'
  | 'format'
  | 'ref'
  | 'custom';

/** Fields are validated to this depth below the record. */
const deepest = 10;

export const maxPatternLength = 1_000;

/**
 * All errors in the fields of a record. Null and absent pass everything but `required`. A value of the wrong type gets
 * only that error. Fields outside the schema may hold anything.
 */
export function fieldIssues(schema: Schema, record: Fields): Issue[] {
  return issuesWithin(schema, record, record, '', 0);
}

function issuesWithin(schema: Schema, value: Fields, record: Fields, prefix: string, depth: number): Issue[] {
  if (depth > deepest) return [];
  return Object.entries(schema).flatMap(([field, definition]) =>
    issuesOf(definition, own(value, field), record, `${prefix}${field}`, depth),
  );
}

function issuesOf(definition: FieldDefinition, value: unknown, record: Fields, field: string, depth: number): Issue[] {
  if (isNothing(value)) {
    return definition.required ? [{ field, message: 'Field is required', code: 'required' }] : [];
  }
  if (!isOfType[definition.type](value)) {
    return [{ field, message: `Expected type "${definition.type}", got ${typeName(value)}`, code: 'type' }];
  }
  const issues: Issue[] = rulesBroken(definition, value).map(([code, message]) => ({ field, message, code }));
  const custom = definition.validate?.(value, record);
  if (custom !== undefined) issues.push({ field, message: custom, code: 'custom' });
  if (definition.properties && isObject(value)) {
    issues.push(...issuesWithin(definition.properties, value, record, `${field}.`, depth + 1));
  }
  const { items } = definition;
  if (items && Array.isArray(value) && depth < deepest) {
    issues.push(...value.flatMap((item, at) => issuesOf(items, item, record, `${field}[${at}]`, depth + 1)));
  }
  return issues;
}

/** JSON writes infinities as null, so they are not valid numbers here. */
const isOfType: Readonly<Record<FieldType, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  number: (value) => Number.isFinite(value),
  boolean: (value) => typeof value === 'boolean',
  object: isObject,
  array: Array.isArray,
  date: (value) => typeof value === 'string' || Number.isFinite(value),
};

function rulesBroken(rules: FieldDefinition, value: unknown): [IssueCode, string][] {
  const broken: [IssueCode, string][] = [];
  if (rules.enum && !rules.enum.some((choice) => choice === value)) {
    broken.push(['enum', `Value must be one of: ${rules.enum.map(String).join(', ')}`]);
  }
  if (typeof value === 'number') {
    if (value < (rules.min ?? -Infinity)) broken.push(['min', `Minimum value is ${rules.min}`]);
    if (value > (rules.max ?? Infinity)) broken.push(['max', `Maximum value is ${rules.max}`]);
  }
  if (typeof value === 'string') {
    if (value.length < (rules.minLength ?? 0)) broken.push(['minLength', `Minimum length is ${rules.minLength}`]);
    if (value.length > (rules.maxLength ?? Infinity))
      broken.push(['maxLength', `Maximum length is ${rules.maxLength}`]);
    if (!patternOf(rules).test(value)) broken.push(['pattern', `Value must match pattern "${rules.pattern}"`]);
    if (rules.format && !formats[rules.format](value)) broken.push(['format', `Invalid ${rules.format} format`]);
  }
  return broken;
}

const everything: Pick<Pattern, 'test'> = { test: () => true };
const nothing: Pick<Pattern, 'test'> = { test: () => false };
const compiled = new WeakMap<FieldDefinition, Pick<Pattern, 'test'>>();

/** Compiled once per definition. Definitions are validated earlier, so their patterns compile. */
function patternOf(definition: FieldDefinition): Pick<Pattern, 'test'> {
  if (definition.pattern === undefined) return everything;
  const known = compiled.get(definition);
  if (known) return known;
  const fresh = compilePattern(definition.pattern, maxPatternLength);
  const pattern = typeof fresh === 'string' ? nothing : fresh;
  compiled.set(definition, pattern);
  return pattern;
}

function typeName(value: unknown): string {
  return Array.isArray(value) ? 'array' : typeof value;
}
