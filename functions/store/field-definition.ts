import type { FieldDefinition, FieldType, Generated } from '../core/bucket-definition.ts';
import { compilePattern } from '../core/pattern.ts';
import { type Check, isBoolean, isCount, isName, isTooLong, type Origin } from './definition-check.ts';
import { formats } from './formats.ts';
import { maxPatternLength } from './validate-field.ts';
import { isMetaField } from './validate-record.ts';

const types: readonly FieldType[] = ['string', 'number', 'boolean', 'object', 'array', 'date'];

/** The kinds of generated values, and the types of fields that can have them. */
const generated: Readonly<Record<Generated, readonly FieldType[]>> = {
  uuid: ['string'],
  cuid: ['string'],
  timestamp: ['number', 'date'],
  autoincrement: ['number'],
};

const onDeletes: readonly unknown[] = ['restrict', 'cascade', 'set_null'];

/** Options that only fields of the record itself may have. */
const topLevelOnly = ['generated', 'unique', 'ref', 'onDelete'];

/**
 * Validates the fields of a record, or of a nested object.
 * @throws Failure `unacceptable_request`, naming the field
 */
export function checkSchema(check: Check, schema: unknown, origin: Origin, path = ''): void {
  for (const [field, definition] of Object.entries(check.object(schema, path ? 'properties' : 'schema'))) {
    if (path === '' && isMetaField(field)) check.fail(`the field "${field}" is the store's own`);
    checkField(check.inside(`field "${path}${field}"`), check, definition, origin, `${path}${field}`, path !== '');
  }
}

function checkField(check: Check, bucket: Check, raw: unknown, origin: Origin, path: string, isNested: boolean): void {
  const field = check.object(raw, 'its definition');
  const type = types.find((one) => one === field.type) ?? check.fail(`there is no type ${shown(field.type)}`);
  if (isNested)
    for (const name of topLevelOnly) if (field[name] !== undefined) check.fail(`${name} needs the top level`);
  checkGenerated(check, type, field.generated);
  for (const name of ['required', 'unique']) check.optional(name, field[name], isBoolean, 'true or false');
  for (const name of ['min', 'max']) check.optional(name, field[name], Number.isFinite, 'a number');
  for (const name of ['minLength', 'maxLength']) check.optional(name, field[name], isCount, 'a whole number from 0 on');
  check.optional('enum', field.enum, Array.isArray, 'an array');
  if (field.format !== undefined && !Object.hasOwn(formats, String(field.format))) {
    check.fail(`there is no format ${shown(field.format)}`);
  }
  checkPattern(check, field.pattern);
  checkReference(check, field as Partial<FieldDefinition>); // checks the parts that it uses
  const isCode = origin === 'code';
  check.optional('validate', field.validate, (value) => isCode && typeof value === 'function', 'a function, in code');
  check.optional('default', field.default, (value) => isCode || typeof value !== 'function', 'a value');
  if (field.properties !== undefined) {
    if (type !== 'object') check.fail('properties need the type object');
    checkSchema(bucket, field.properties, origin, `${path}.`);
  }
  if (field.items !== undefined) {
    if (type !== 'array') check.fail('items need the type array');
    checkField(bucket.inside(`field "${path}[]"`), bucket, field.items, origin, `${path}[]`, true);
  }
}

function checkGenerated(check: Check, type: FieldType, name: unknown): void {
  if (name === undefined) return;
  if (typeof name !== 'string' || !Object.hasOwn(generated, name)) check.fail(`generated cannot be ${shown(name)}`);
  // The name is one of the object's own keys.
  if (!generated[name as Generated].includes(type)) check.fail(`generated ${name} does not fit the type ${type}`);
}

function checkPattern(check: Check, pattern: unknown): void {
  if (pattern === undefined) return;
  if (typeof pattern !== 'string') check.fail('pattern must be a string');
  const compiled = compilePattern(pattern, maxPatternLength);
  if (typeof compiled === 'string') check.fail(`pattern ${compiled}`);
}

const isBucketName = (ref: unknown): boolean => isName(ref) && !isTooLong(ref);

function checkReference(check: Check, { ref, onDelete, required }: Partial<FieldDefinition>): void {
  check.optional('ref', ref, isBucketName, 'the name of a bucket');
  if (onDelete === undefined) return;
  if (!onDeletes.includes(onDelete)) check.fail('onDelete must be restrict, cascade or set_null');
  if (ref === undefined) check.fail('onDelete needs a ref');
  if (onDelete === 'set_null' && required) check.fail('onDelete set_null needs a field that is not required');
}

function shown(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}
