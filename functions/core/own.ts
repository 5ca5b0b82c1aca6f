/**
 * Access to fields of values from clients. Their names may be anything, including `__proto__` and `constructor`. So
 * read them only as own properties, and write them with `{ ...object, [name]: value }`, never by assignment.
 */
export function own(object: object, name: string): unknown {
  // JSON from clients: the property's value has an unknown shape.
  return Object.hasOwn(object, name) ? (object as Record<string, unknown>)[name] : undefined;
}

/**
 * The value at the end of a path: field names of objects, indexes of arrays, and `length` of an array. Undefined if the
 * path does not exist.
 */
export function at(value: unknown, path: readonly string[]): unknown {
  let current = value;
  for (const step of path) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = Array.isArray(current) && step === 'length' ? current.length : own(current, step);
  }
  return current;
}

/** Null or undefined, where both mean that there is no value. */
export function isNothing(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}
