import type { QueryDefinition } from '../core/bucket-definition.ts';
import { isObject } from '../core/json.ts';
import { isNothing, own } from '../core/own.ts';
import { aggregate, groupBy } from './aggregate.ts';
import { type Fields, type Filter, parseFilter } from './filter.ts';

const parameter = /^\{\{\s{0,20}params\.([^\s{}]+)\s{0,20}\}\}$/;

/** Whether a value is a placeholder for a parameter. */
export function isParameter(value: unknown): boolean {
  return typeof value === 'string' && parameter.test(value);
}

/**
 * The filter of a query with its parameters filled in, whatever their types. A missing parameter is undefined, which
 * equals nothing.
 * @throws Failure `unacceptable_request` if a parameter is not a valid operand of its operator
 */
export function filterOf({ filter = {} }: QueryDefinition, params: unknown): Filter {
  return parseFilter(filled(filter, params));
}

/**
 * Computes a query's result from the records that its filter matched, in insertion order.
 * @returns a number (or null), groups, or records
 */
export function resultOf(query: QueryDefinition, matches: readonly Fields[]): unknown {
  if (query.aggregate) {
    const { function: name, field, groupBy: by } = query.aggregate;
    return by === undefined ? aggregate(matches, name, field) : groupBy(matches, by, name, field);
  }
  const { sort, offset = 0, limit, fields } = query;
  const sorted = sort ? sortRecords(matches, sort) : matches;
  const page = sorted.slice(offset, limit === undefined ? undefined : offset + limit);
  return fields?.length ? page.map((record) => pick(record, fields)) : page;
}

/**
 * Sorts by one field after the other, in the given order. Null and absent come last in both directions. Numbers come
 * before strings, strings before booleans; values without an order keep theirs.
 */
export function sortRecords(records: readonly Fields[], sort: NonNullable<QueryDefinition['sort']>): Fields[] {
  const fields = Object.entries(sort);
  return [...records].sort((one, other) => {
    for (const [field, direction] of fields) {
      const order = compare(own(one, field), own(other, field), direction === 'desc' ? -1 : 1);
      if (order !== 0) return order;
    }
    return 0;
  });
}

/** The named fields that the record has. */
export function pick(record: Fields, fields: readonly string[]): Fields {
  return Object.fromEntries(fields.flatMap((field) => (Object.hasOwn(record, field) ? [[field, record[field]]] : [])));
}

function filled(value: unknown, params: unknown): unknown {
  if (typeof value === 'string') {
    const name = parameter.exec(value)?.[1];
    if (name === undefined) return value;
    return isObject(params) ? own(params, name) : undefined;
  }
  if (Array.isArray(value)) return value.map((element) => filled(element, params));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, filled(field, params)]));
}

const ranks: Readonly<Record<string, number>> = { number: 0, string: 1, boolean: 2 };

function compare(one: unknown, other: unknown, direction: 1 | -1): number {
  if (isNothing(one) || isNothing(other)) return Number(isNothing(one)) - Number(isNothing(other));
  const rank = (value: unknown) => ranks[typeof value] ?? 3;
  if (rank(one) !== rank(other)) return direction * (rank(one) - rank(other));
  if (rank(one) === 3) return 0;
  // Both have the same type, and that type has an order.
  const [low, high] = [one as number, other as number];
  return low < high ? -direction : low > high ? direction : 0;
}
