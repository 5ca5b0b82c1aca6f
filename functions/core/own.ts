/**
 * Fields of values that clients made. Their names may be anything, `__proto__` and `constructor` included, so they are
 * read as own properties only, and written with `{ ...object, [name]: value }`, never by assignment.
 */
export function own(object: object, name: string): unknown {
  // JSON of others: whatever the property holds, it is a value of unknown shape.
  return Object.hasOwn(object, name) ? (object as Record<string, unknown>)[name] : undefined;
}

/**
 * What stands at the end of a path into a value: names of objects, numbers of arrays, and `length` of an array.
 * Undefined where the path leads nowhere.
 */
export function at(value: unknown, path: readonly string[]): unknown {
  let current = value;
  for (const step of path) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = Array.isArray(current) && step === 'length' ? current.length : own(current, step);
  }
  return current;
}

/** The two ways of having no value, where they count the same. */
export function isNothing(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}
