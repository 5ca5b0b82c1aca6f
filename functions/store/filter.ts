import { Failure } from '../core/errors.ts';
import { isObject } from '../core/json.ts';
import { own } from '../core/own.ts';
import { isEqual, operators, type Test } from './filter-operators.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** A parsed filter, ready to test records. */
export interface Filter {
  matches(record: Fields): boolean;
  /** What all matches have in common: an index on one of these fields finds all matches. */
  readonly equalities: readonly Equality[];
  /** `{}`: every record matches. */
  readonly isEmpty: boolean;
}

/** The field has one of these values; several come from a `$in`. None of them is an object or array. */
export interface Equality {
  readonly field: string;
  readonly values: readonly unknown[];
}

/** Nested filters may be this deep. */
const deepest = 50;

/**
 * Parses a filter: `{field: value, ...}`, where all fields must match. A plain value compares with strict equality. An
 * object whose keys all begin with `$` holds operators, which must all match. `$or` and `$and` hold lists of filters.
 * Field names are top-level.
 * @param isOpen recognizes operands, filters and lists of them that are filled in later, and are not checked now
 * @throws Failure `unacceptable_request` for an unknown operator or an operand of the wrong type
 */
export function parseFilter(raw: unknown, isOpen: (operand: unknown) => boolean = () => false): Filter {
  return parseNested(raw, isOpen, 1);
}

/** A placeholder until parameters are filled in; it is never evaluated. */
const open: Filter = { matches: () => false, equalities: [], isEmpty: false };

function parseNested(raw: unknown, isOpen: (operand: unknown) => boolean, depth: number): Filter {
  if (!isObject(raw)) throw bad('A filter must be an object.');
  if (depth > deepest) throw bad(`Filters may be nested ${deepest} deep.`);
  const parts = Object.entries(raw).map(([field, wanted]): Omit<Filter, 'isEmpty'> => {
    if (field === '$or' || field === '$and') {
      if (isOpen(wanted)) return open;
      if (!Array.isArray(wanted)) throw bad(`${field} needs an array of filters.`);
      const filters = wanted.map((one) => (isOpen(one) ? open : parseNested(one, isOpen, depth + 1)));
      return field === '$or'
        ? { matches: (record) => filters.some((filter) => filter.matches(record)), equalities: [] }
        : {
            matches: (record) => filters.every((filter) => filter.matches(record)),
            equalities: filters.flatMap(({ equalities }) => equalities),
          };
    }
    if (field.startsWith('$')) throw bad(`There is no operator ${field}.`);
    const { test, equalities } = parseField(field, wanted, isOpen);
    return { matches: (record) => test(own(record, field)), equalities };
  });
  return {
    matches: (record) => parts.every((part) => part.matches(record)),
    equalities: parts.flatMap(({ equalities }) => equalities),
    isEmpty: parts.length === 0,
  };
}

interface FieldFilter {
  readonly test: Test;
  readonly equalities: readonly Equality[];
}

function parseField(field: string, wanted: unknown, isOpen: (operand: unknown) => boolean): FieldFilter {
  if (!isOperators(wanted)) return equal(field, wanted);
  const parts = Object.entries(wanted).map(([name, operand]): FieldFilter => {
    const operator = own(operators, name) as (typeof operators)[string] | undefined; // the type of all its entries
    if (!operator) throw bad(`There is no operator ${name}.`);
    if (isOpen(operand) || (name === '$between' && isOpenPair(operand, isOpen)))
      return { test: () => false, equalities: [] };
    if (!operator.accepts(operand)) throw bad(`${name} of field "${field}" needs ${operator.operand}.`);
    // The operator has just accepted the operand.
    const test = operator.test(operand as never);
    if (name === '$eq') return equal(field, operand);
    return { test, equalities: name === '$in' && Array.isArray(operand) ? [anyOf(field, operand)] : [] };
  });
  return {
    test: (value) => parts.every(({ test }) => test(value)),
    equalities: parts.flatMap(({ equalities }) => equalities),
  };
}

/** A `$between` with a parameter as one of its ends, or both. */
function isOpenPair(operand: unknown, isOpen: (operand: unknown) => boolean): boolean {
  return Array.isArray(operand) && operand.length === 2 && operand.some(isOpen);
}

/** `{}` and objects with any other key are plain values. */
function isOperators(wanted: unknown): wanted is Fields {
  if (!isObject(wanted)) return false;
  const names = Object.keys(wanted);
  return names.length > 0 && names.every((name) => name.startsWith('$'));
}

function equal(field: string, wanted: unknown): FieldFilter {
  return { test: (value) => isEqual(value, wanted), equalities: [anyOf(field, [wanted])] };
}

/** Objects, arrays and undefined equal nothing, so they are left out. */
function anyOf(field: string, operands: readonly unknown[]): Equality {
  return { field, values: [...new Set(operands.filter((operand) => isEqual(operand, operand)))] };
}

function bad(message: string): Failure {
  return new Failure('unacceptable_request', message);
}
