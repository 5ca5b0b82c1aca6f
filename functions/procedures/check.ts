import { isObject } from '../core/json.ts';
import { own } from '../core/own.ts';
import type { ProcedureDefinition, Step } from '../core/procedure-definition.ts';
import { isAggregateFunction } from '../store/aggregate.ts';
import { isBoolean, isName, isTooLong, maxNameLength } from '../store/definition-check.ts';
import type { Fields } from '../store/filter.ts';
import { isReference } from './references.ts';

/** Includes nested steps. */
const maxSteps = 100;
/** The maximum nesting of `if` steps. */
const maxDepth = 5;
export const maxTimeoutMs = 25_000;

export const inputTypes: readonly string[] = ['string', 'number', 'boolean', 'object', 'array'];
const operators = ['eq', 'neq', 'gt', 'gte', 'lt', 'lte', 'exists', 'not_exists'];
const transforms = ['map', 'filter', 'pick', 'pluck'];

type Wanted = readonly [sentence: string, isFine: (value: unknown) => boolean];

const name: Wanted = ['expected non-empty string', isName];
const optionalName: Wanted = [name[0], (value) => value === undefined || isName(value)];
const object: Wanted = ['expected object', (value) => isObject(value) || isReference(value)];
const optionalObject: Wanted = [object[0], (value) => value === undefined || object[1](value)];
const key: Wanted = ['expected string or number', (value) => isName(value) || typeof value === 'number'];
const anything: Wanted = ['required', (value) => value !== undefined];
const oneOf = (choices: readonly string[]): Wanted => [
  `expected one of: ${choices.join(', ')}`,
  (value) => choices.some((choice) => choice === value),
];

/** The fields that each action needs. */
const actions: Readonly<Record<Step['action'], Readonly<Record<string, Wanted>>>> = {
  'store.get': { bucket: name, key, as: name },
  'store.where': { bucket: name, filter: object, as: name },
  'store.findOne': { bucket: name, filter: object, as: name },
  'store.insert': { bucket: name, data: object, as: optionalName },
  'store.update': { bucket: name, key, data: object, as: optionalName },
  'store.delete': { bucket: name, key, as: optionalName },
  'store.count': { bucket: name, filter: optionalObject, as: name },
  aggregate: { source: name, op: ['expected one of: sum, avg, min, max, count', isAggregateFunction], as: name },
  'rules.emit': { topic: name, data: optionalObject, as: optionalName },
  'rules.setFact': { key: name, value: anything, as: optionalName },
  'rules.getFact': { key: name, as: name },
  if: { condition: ['expected object', isObject] },
  transform: { source: name, operation: oneOf(transforms), args: anything, as: name },
  return: { value: anything },
};

/** All errors of a procedure, one sentence each. Without errors it is a {@link ProcedureDefinition}. */
export function procedureIssues(raw: unknown): string[] {
  if (!isObject(raw)) return ['Procedure config must be an object'];
  const issues: string[] = [];
  if (!isName(raw.name)) issues.push('Missing or invalid "name": expected non-empty string');
  else if (isTooLong(raw.name)) issues.push(`"name" must not be longer than ${maxNameLength} characters`);
  if (raw.description !== undefined && typeof raw.description !== 'string')
    issues.push('"description" must be a string');
  if (raw.transaction !== undefined && !isBoolean(raw.transaction)) issues.push('"transaction" must be a boolean');
  if (raw.timeoutMs !== undefined && !(Number.isFinite(raw.timeoutMs) && Number(raw.timeoutMs) > 0)) {
    issues.push('"timeoutMs" must be a positive number');
  }
  if (raw.input !== undefined) issues.push(...inputIssues(raw.input));
  if (!Array.isArray(raw.steps)) return [...issues, 'Missing or invalid "steps": expected array'];
  if (raw.steps.length === 0) issues.push('"steps" must contain at least one step');
  const total = countSteps(raw.steps);
  if (total > maxSteps) issues.push(`Total step count (${total}) exceeds maximum (${maxSteps})`);
  return [...issues, ...stepsIssues(raw.steps, 'steps', 0)];
}

/** Counts steps, including nested ones. */
export function countSteps(steps: unknown): number {
  if (!Array.isArray(steps)) return 0;
  return steps.reduce<number>((sum, step) => {
    const inside = isObject(step) && step.action === 'if' ? countSteps(step.then) + countSteps(step.else) : 0;
    return sum + 1 + inside;
  }, 0);
}

/** The time limit of a procedure, in milliseconds. */
export function timeoutOf({ timeoutMs = maxTimeoutMs }: ProcedureDefinition): number {
  return Math.min(timeoutMs, maxTimeoutMs);
}

function inputIssues(input: unknown): string[] {
  if (!isObject(input)) return ['"input" must be an object'];
  return Object.entries(input).flatMap(([field, definition]) => {
    if (!isObject(definition)) return `input.${field}: expected field definition object`;
    const { type, required } = definition;
    const issues = oneOf(inputTypes)[1](type) ? [] : [`input.${field}.type: expected one of: ${inputTypes.join(', ')}`];
    return required === undefined || isBoolean(required)
      ? issues
      : [...issues, `input.${field}.required: expected boolean`];
  });
}

function stepsIssues(steps: readonly unknown[], path: string, depth: number): string[] {
  return steps.flatMap((step, index) => stepIssues(step, `${path}[${index}]`, depth));
}

function stepIssues(step: unknown, path: string, depth: number): string[] {
  if (!isObject(step)) return [`${path}: expected step object`];
  const { action } = step;
  if (typeof action !== 'string' || !Object.hasOwn(actions, action)) {
    return [`${path}.action: ${oneOf(Object.keys(actions))[0]}`];
  }
  // The action is one of the object's own keys.
  const issues = Object.entries(actions[action as Step['action']])
    .filter(([field, [, isFine]]) => !isFine(own(step, field)))
    .map(([field, [sentence]]) => `${path}.${field}: ${sentence}`);
  if (action === 'aggregate' && step.op !== 'count' && !isName(step.field)) issues.push(`${path}.field: ${name[0]}`);
  return action === 'if' ? [...issues, ...conditionIssues(step, path, depth)] : issues;
}

function conditionIssues(step: Fields, path: string, depth: number): string[] {
  if (depth >= maxDepth) return [`${path}: condition nesting depth exceeds maximum (${maxDepth})`];
  const issues: string[] = [];
  const { condition } = step;
  if (isObject(condition)) {
    if (!isName(condition.ref)) issues.push(`${path}.condition.ref: ${name[0]}`);
    const [sentence, isFine] = oneOf(operators);
    if (!isFine(condition.operator)) issues.push(`${path}.condition.operator: ${sentence}`);
  }
  for (const branch of ['then', 'else'] as const) {
    const steps = step[branch];
    if (branch === 'else' && steps === undefined) continue;
    if (!Array.isArray(steps) || steps.length === 0)
      issues.push(`${path}.${branch}: expected non-empty array of steps`);
    else issues.push(...stepsIssues(steps, `${path}.${branch}`, depth + 1));
  }
  return issues;
}
