import { createHash } from 'node:crypto';

/**
 * Serializes equal JSON values to the same text: object keys in code unit order, and `-0` as `0`. Values that JSON
 * cannot hold become what `JSON.stringify` makes of them (undefined fields are omitted; undefined elements, NaN and
 * infinities become null). An undefined value as a whole becomes null. `toJSON` methods are called.
 */
export function canonical(value: unknown): string {
  return text(value, '') ?? 'null';
}

/** Whether two values are the same JSON, whatever the order of their keys. */
export function isSameJson(one: unknown, other: unknown): boolean {
  return one === other || canonical(one) === canonical(other);
}

/** SHA-256 of the canonical text, in hexadecimal: equal for equal values. */
export function hashOf(value: unknown): string {
  return createHash('sha256').update(canonical(value)).digest('hex');
}

/** Undefined for what JSON leaves out. */
function text(given: unknown, key: string): string | undefined {
  const value = hasToJson(given) ? given.toJSON(key) : given;
  if (Array.isArray(value)) return `[${value.map((element, at) => text(element, `${at}`) ?? 'null').join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .flatMap(([name, field]) => {
      const written = text(field, name);
      return written === undefined ? [] : `${JSON.stringify(name)}:${written}`;
    });
  return `{${fields.join()}}`;
}

/** A field named `toJSON` that is no function is ordinary data. */
function hasToJson(value: unknown): value is { toJSON(key: string): unknown } {
  return typeof value === 'object' && value !== null && 'toJSON' in value && typeof value.toJSON === 'function';
}
