import { Failure } from '../core/errors.ts';
import { isObject } from '../core/json.ts';
import { isNothing } from '../core/own.ts';
import type { AggregateStep, StepCondition, TransformStep } from '../core/procedure-definition.ts';
import { aggregate } from '../store/aggregate.ts';
import { pick } from '../store/declarative-query.ts';
import { isNames } from '../store/definition-check.ts';
import { type Fields, parseFilter } from '../store/filter.ts';
import { fillIn, resolve, type Scope } from './references.ts';

/** Whether the steps of `then` run. Equality is strict. Only two numbers or two strings have an order. */
export function holds({ ref, operator, value }: StepCondition, scope: Scope): boolean {
  const [actual, wanted] = [resolve(ref, scope), fillIn(value, scope)];
  if (operator === 'exists') return !isNothing(actual);
  if (operator === 'not_exists') return isNothing(actual);
  if (operator === 'eq') return actual === wanted;
  if (operator === 'neq') return actual !== wanted;
  if (!(typeof actual === 'number' || typeof actual === 'string') || typeof actual !== typeof wanted) return false;
  const other = wanted as typeof actual; // of the same type
  if (operator === 'gt') return actual > other;
  if (operator === 'gte') return actual >= other;
  return operator === 'lt' ? actual < other : actual <= other;
}

/**
 * Aggregates the numbers of an earlier result, or counts its elements of any type.
 * @throws Failure `unacceptable_request` if the result is no array
 */
export function aggregateStep({ source, op, field }: AggregateStep, scope: Scope): number | null {
  const found = arrayIn(source, 'aggregate', scope);
  return op === 'count' ? found.length : aggregate(found.filter(isObject), op, field);
}

/**
 * Transforms an earlier result. `map` sets fields of every object, to which `{{ item.path }}` refers; `filter` keeps
 * objects that match; `pick` keeps fields, of one object or of each in an array; `pluck` makes an array of one field.
 * @throws Failure `unacceptable_request` if source or arguments are invalid
 */
export function transformStep(step: TransformStep, scope: Scope): unknown {
  switch (step.operation) {
    case 'map':
      return arrayIn(step.source, 'map', scope).map((item) => mapped(item, step.args, scope));
    case 'filter': {
      const filter = parseFilter(fillIn(step.args, scope));
      return arrayIn(step.source, 'filter', scope).filter((item) => isObject(item) && filter.matches(item));
    }
    case 'pick':
      return picked(step, scope);
    case 'pluck': {
      const field = fillIn(step.args, scope);
      if (typeof field !== 'string') throw bad('pluck needs the name of a field.');
      return arrayIn(step.source, 'pluck', scope).map((item) =>
        isObject(item) ? (fieldOf(item, field) ?? null) : null,
      );
    }
  }
}

function mapped(item: unknown, args: unknown, { input, results }: Scope): unknown {
  const fields = fillIn(args, { input, results: new Map([...results, ['item', item]]) });
  return isObject(item) && isObject(fields) ? { ...item, ...fields } : isObject(fields) ? item : fields;
}

function picked({ source, args }: TransformStep, scope: Scope): unknown {
  const fields = fillIn(args, scope);
  if (!isNames(fields)) throw bad('pick needs an array of field names.');
  const from = resolve(source, scope);
  if (Array.isArray(from)) return from.map((item) => (isObject(item) ? pick(item, fields) : item));
  if (!isObject(from)) throw bad(`pick needs an object, and "${source}" is none.`);
  return pick(from, fields);
}

function arrayIn(source: string, what: string, scope: Scope): readonly unknown[] {
  const found = resolve(source, scope);
  if (!Array.isArray(found)) throw bad(`${what} needs an array, and "${source}" is none.`);
  return found;
}

function fieldOf(item: Fields, field: string): unknown {
  return Object.hasOwn(item, field) ? item[field] : undefined;
}

function bad(message: string): Failure {
  return new Failure('unacceptable_request', message);
}
