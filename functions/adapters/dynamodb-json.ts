import { types } from 'node:util';
import type { Item, Key } from '../core/table.ts';

/**
 * Converts items to DynamoDB's JSON and back. Strings, numbers, booleans, null, arrays, plain objects, `Set` of strings
 * and `Uint8Array` keep their type; `undefined` and empty sets (DynamoDB has none) are omitted, and in arrays become
 * null. -0 becomes 0; in texts, half of a surrogate pair (DynamoDB keeps UTF-8, which has none) becomes U+FFFD.
 * @throws TypeError for anything else: NaN, infinities, numbers beyond DynamoDB's, dates, class instances
 */

/** One value with its type letter, e.g. `{ S: 'text' }`. */
export type AttributeValue = Readonly<Record<string, unknown>>;
export type Attributes = Readonly<Record<string, AttributeValue>>;

/** DynamoDB refuses deeper documents. */
const maxDepth = 32;

export function marshalItem(item: Item): Attributes {
  return marshalFields(item, 0);
}

export function unmarshalItem(attributes: Attributes): Item {
  return mapped(attributes, unmarshal);
}

/** The item of an answer; undefined if DynamoDB found none. */
export function itemOf(attributes: unknown): Item | undefined {
  return attributes === undefined ? undefined : unmarshalItem(attributes as Attributes);
}

export function keyOf({ pk, sk }: Key): Attributes {
  return { pk: { S: pk.toWellFormed() }, sk: { S: sk.toWellFormed() } };
}

/** A required value: part of a key, or a value of an expression. */
export function marshalValue(value: unknown): AttributeValue {
  const marshalled = marshal(value, 0);
  if (!marshalled) throw new TypeError('An undefined value or an empty set cannot stand in a key or an expression.');
  return marshalled;
}

function marshal(value: unknown, depth: number): AttributeValue | undefined {
  switch (typeof value) {
    case 'string':
      return { S: value.toWellFormed() };
    case 'number':
      return { N: numeral(value) };
    case 'boolean':
      return { BOOL: value };
    case 'undefined':
      return undefined;
    case 'object':
      return marshalObject(value, depth);
    default:
      throw new TypeError(`A ${typeof value} cannot be stored.`);
  }
}

function marshalObject(value: object | null, depth: number): AttributeValue | undefined {
  if (value === null) return { NULL: true };
  if (depth >= maxDepth) throw new TypeError(`Values nested deeper than ${maxDepth} cannot be stored.`);
  if (Array.isArray(value)) return { L: value.map((element) => marshal(element, depth + 1) ?? { NULL: true }) };
  if (types.isSet(value)) return value.size === 0 ? undefined : { SS: [...new Set(Array.from(value, stringMember))] };
  if (types.isUint8Array(value))
    return { B: Buffer.from(value.buffer, value.byteOffset, value.length).toString('base64') };
  if (isPlain(value)) return { M: marshalFields(value, depth + 1) };
  throw new TypeError(`A ${value.constructor?.name ?? 'class instance'} cannot be stored.`);
}

function marshalFields(fields: object, depth: number): Attributes {
  return mapped(fields, (value) => marshal(value, depth));
}

function stringMember(member: unknown): string {
  if (typeof member !== 'string') throw new TypeError(`A set holds strings, not a ${typeof member}.`);
  return member.toWellFormed();
}

/** The shortest text that parses to the same double. */
function numeral(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && !(size >= 1e-130 && size < 1e126)) throw new TypeError(`The number ${value} cannot be stored.`);
  return String(value);
}

/** Also for objects of another realm, such as a test's or a worker message's. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function unmarshal(value: unknown): unknown {
  // DynamoDB's answer: every value is an object with one letter.
  for (const [type, content] of Object.entries(value as AttributeValue)) {
    switch (type) {
      case 'S':
      case 'BOOL':
        return content;
      case 'N':
        return Number(content);
      case 'NULL':
        return null;
      case 'M':
        return mapped(content as Attributes, unmarshal);
      case 'L':
        return (content as unknown[]).map(unmarshal);
      case 'SS':
        return new Set(content as string[]);
      case 'B':
        return new Uint8Array(Buffer.from(content as string, 'base64'));
    }
  }
  throw new TypeError(`Not a value that we write: ${JSON.stringify(value)}`);
}

/** A new object with the same keys; a key called `__proto__` is a key like any other. Undefined values are left out. */
function mapped<T>(fields: object, change: (value: unknown) => T | undefined): Readonly<Record<string, T>> {
  const result: Record<string, T> = {};
  for (const [name, value] of Object.entries(fields)) {
    const key = name.toWellFormed();
    const changed = change(value);
    if (changed === undefined) continue;
    if (key === '__proto__')
      Object.defineProperty(result, key, { value: changed, enumerable: true, configurable: true, writable: true });
    else result[key] = changed;
  }
  return result;
}
