/** Whether a field's value matches; the value is undefined if the record does not have the field. */
export type Test = (value: unknown) => boolean;

interface Operator {
  /** Describes a valid operand, for error messages. */
  readonly operand: string;
  readonly accepts: (operand: unknown) => boolean;
  /** Called only with an accepted operand. */
  readonly test: (operand: never) => Test;
}

type Ordered = string | number;

/**
 * Strict equality of JSON values: strings, numbers, booleans and null. Objects and arrays equal nothing. An absent
 * field equals nothing, not even null.
 */
export function isEqual(value: unknown, operand: unknown): boolean {
  return value !== undefined && (typeof value !== 'object' || value === null) && value === operand;
}

export const operators: Readonly<Record<string, Operator>> = {
  $eq: anything((operand) => (value) => isEqual(value, operand)),
  $neq: anything((operand) => (value) => !isEqual(value, operand)),
  $gt: ordering((order) => order > 0),
  $gte: ordering((order) => order >= 0),
  $lt: ordering((order) => order < 0),
  $lte: ordering((order) => order <= 0),
  $in: list((operands) => (value) => operands.some((operand) => isEqual(value, operand))),
  $nin: list((operands) => (value) => !operands.some((operand) => isEqual(value, operand))),
  $contains: text((part) => {
    const wanted = part.toLowerCase();
    return (value) => value.toLowerCase().includes(wanted);
  }),
  $startsWith: text((start) => (value) => value.startsWith(start)),
  $endsWith: text((end) => (value) => value.endsWith(end)),
  $exists: {
    operand: 'true or false',
    accepts: (operand) => typeof operand === 'boolean',
    test: (operand: boolean) => (value) => (value !== undefined && value !== null) === operand,
  },
  $between: {
    operand: 'an array of two numbers or of two strings',
    accepts: (operand) =>
      Array.isArray(operand) &&
      operand.length === 2 &&
      isOrdered(operand[0]) &&
      typeof operand[0] === typeof operand[1],
    test:
      ([low, high]: readonly [Ordered, Ordered]) =>
      (value) =>
        isComparable(value, low) && value >= low && value <= high,
  },
};

function anything(test: (operand: unknown) => Test): Operator {
  return { operand: 'a value', accepts: () => true, test };
}

/** JavaScript's order of two numbers or of two strings; other values have no order. */
function ordering(holds: (order: number) => boolean): Operator {
  return {
    operand: 'a number or a string',
    accepts: isOrdered,
    test: (operand: Ordered) => (value) =>
      isComparable(value, operand) && holds(value < operand ? -1 : value > operand ? 1 : 0),
  };
}

function list(test: (operands: readonly unknown[]) => Test): Operator {
  return { operand: 'an array', accepts: Array.isArray, test };
}

/** Only strings match. */
function text(test: (operand: string) => (value: string) => boolean): Operator {
  return {
    operand: 'a string',
    accepts: (operand) => typeof operand === 'string',
    test: (operand: string) => {
      const passes = test(operand);
      return (value) => typeof value === 'string' && passes(value);
    },
  };
}

function isOrdered(operand: unknown): operand is Ordered {
  return typeof operand === 'string' || typeof operand === 'number';
}

function isComparable(value: unknown, operand: Ordered): value is Ordered {
  return typeof value === typeof operand;
}
