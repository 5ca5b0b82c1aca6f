import type { AggregateFunction } from '../core/bucket-definition.ts';
import { canonical } from '../core/canonical.ts';
import { own } from '../core/own.ts';
import type { Fields } from './filter.ts';

/** One group: the values that its records share (null for absent), and the aggregate of its numbers. */
export interface Group {
  readonly key: Fields;
  readonly value: number | null;
}

/**
 * Aggregates a field's numbers, ignoring other values. Without any, `count`, `sum` and `avg` are 0, `min` and `max`
 * null. `count` counts records, whatever the field.
 */
export function aggregate(records: readonly Fields[], name: AggregateFunction, field = ''): number | null {
  if (name === 'count') return records.length;
  return functions[name](numbersIn(records, field));
}

/**
 * The same for every group of records with equal values in these fields, groups in the order of their first records.
 * Objects and arrays group by their content; null and absent are one group.
 */
export function groupBy(
  records: readonly Fields[],
  by: string | readonly string[],
  name: AggregateFunction,
  field?: string,
): Group[] {
  const fields = typeof by === 'string' ? [by] : by;
  const groups = new Map<string, { readonly key: Fields; readonly records: Fields[] }>();
  for (const record of records) {
    const values = fields.map((one) => own(record, one) ?? null);
    const id = canonical(values);
    const group = groups.get(id);
    if (group) group.records.push(record);
    else groups.set(id, { key: Object.fromEntries(fields.map((one, at) => [one, values[at]])), records: [record] });
  }
  return [...groups.values()].map((group) => ({ key: group.key, value: aggregate(group.records, name, field) }));
}

export function isAggregateFunction(name: unknown): name is AggregateFunction {
  return name === 'count' || (typeof name === 'string' && Object.hasOwn(functions, name));
}

const functions: Record<Exclude<AggregateFunction, 'count'>, (numbers: readonly number[]) => number | null> = {
  sum: (numbers) => finite(sumOf(numbers)),
  avg: (numbers) => (numbers.length === 0 ? 0 : average(numbers)),
  min: (numbers) => numbers.reduce<number | null>((least, one) => (least === null || one < least ? one : least), null),
  max: (numbers) => numbers.reduce<number | null>((most, one) => (most === null || one > most ? one : most), null),
};

function numbersIn(records: readonly Fields[], field: string): number[] {
  return records.map((record) => own(record, field)).filter((value) => typeof value === 'number');
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, one) => sum + one, 0);
}

/** Divides before adding if the sum of the numbers overflows, because their average may still be in range. */
function average(numbers: readonly number[]): number {
  const mean = sumOf(numbers) / numbers.length;
  return Number.isFinite(mean) ? mean : finite(sumOf(numbers.map((one) => one / numbers.length)));
}

/** JSON has no infinity; the largest double stands for it. */
function finite(sum: number): number {
  if (Number.isFinite(sum)) return sum;
  return sum > 0 ? Number.MAX_VALUE : -Number.MAX_VALUE;
}
