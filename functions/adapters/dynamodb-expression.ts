import type { Expression } from '../core/expression.ts';
import type { QueryInput } from '../core/table.ts';
import { type AttributeValue, marshalValue } from './dynamodb-json.ts';

/** The expression fields of a request. Unneeded ones are absent, because DynamoDB refuses empty maps. */
export interface Expressions {
  UpdateExpression?: string;
  ConditionExpression?: string;
  KeyConditionExpression?: string;
  ProjectionExpression?: string;
  ExpressionAttributeNames?: Record<string, string>;
  ExpressionAttributeValues?: Record<string, AttributeValue>;
}

/** A change and a condition in one request. Both number their placeholders from 0, so the condition's are renamed. */
export function writeExpressions(change: Expression | undefined, when: Expression | undefined): Expressions {
  const parts: Expressions = {};
  if (change) parts.UpdateExpression = include(parts, change, '');
  // No placeholder of the change begins with this letter.
  if (when) parts.ConditionExpression = include(parts, when, change ? 'W' : '');
  return parts;
}

/** Fetches only these attributes; all of them without a list. */
export function projection(only: readonly string[] | undefined): Expressions {
  const parts: Expressions = {};
  if (only) parts.ProjectionExpression = only.map((attribute, i) => nameIn(parts, `#o${i}`, attribute)).join(', ');
  return parts;
}

export function queryExpressions({ pk, beginsWith, from, to, index, only }: QueryInput): Expressions {
  const parts = projection(only);
  const [partition, sort] = keyNames(index);
  const one = (comparison: string) => `${nameIn(parts, '#s', sort)} ${comparison}`;
  const conditions = [`${nameIn(parts, '#p', partition)} = ${valueIn(parts, ':p', pk)}`];
  if (beginsWith) conditions.push(`begins_with(${nameIn(parts, '#s', sort)}, ${valueIn(parts, ':b', beginsWith)})`);
  else if (from !== undefined && to !== undefined)
    conditions.push(one(`BETWEEN ${valueIn(parts, ':f', from)} AND ${valueIn(parts, ':t', to)}`));
  else if (from !== undefined) conditions.push(one(`>= ${valueIn(parts, ':f', from)}`));
  else if (to !== undefined) conditions.push(one(`<= ${valueIn(parts, ':t', to)}`));
  parts.KeyConditionExpression = conditions.join(' AND ');
  return parts;
}

/** Partition and sort key of an index: local ones share the table's partition. */
function keyNames(index: QueryInput['index']): [string, string] {
  if (index === undefined) return ['pk', 'sk'];
  if (index.startsWith('lsi')) return ['pk', index.replace('lsi', 'l')];
  return [`${index}pk`, `${index}sk`];
}

function include(parts: Expressions, { text, names, values }: Expression, prefix: string): string {
  for (const [placeholder, name] of Object.entries(names)) nameIn(parts, renamed(placeholder, prefix), name);
  values.forEach((value, i) => {
    valueIn(parts, renamed(`:v${i}`, prefix), value);
  });
  return prefix === '' ? text : text.replace(/[#:]\w+/g, (placeholder) => renamed(placeholder, prefix));
}

function renamed(placeholder: string, prefix: string): string {
  return placeholder.slice(0, 1) + prefix + placeholder.slice(1);
}

function nameIn(parts: Expressions, placeholder: string, name: string): string {
  parts.ExpressionAttributeNames ??= {};
  parts.ExpressionAttributeNames[placeholder] = name;
  return placeholder;
}

function valueIn(parts: Expressions, placeholder: string, value: unknown): string {
  parts.ExpressionAttributeValues ??= {};
  parts.ExpressionAttributeValues[placeholder] = marshalValue(value);
  return placeholder;
}
