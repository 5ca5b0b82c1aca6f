import { Failure } from '../core/errors.ts';
import { isObject } from '../core/json.ts';

/** What a key has besides its value. Stored as given, including members that we do not know. */
export type Attributes = Readonly<Record<string, unknown>>;

/** Defaults for attributes that no writer has given. */
const unsaid: Attributes = {
  type: 'text',
  readonly: false,
  visible: true,
  hardcoded: false,
  template: false,
  tags: [],
  zIndex: 0,
};

/** @param before the key's current attributes: members that `given` lacks keep their value */
export function completed(given: Attributes | undefined, before: Attributes | undefined): Attributes {
  return { ...unsaid, ...before, ...given };
}

const maxAttributeBytes = 32 * 1024;
const maxTags = 50;
const maxTagLength = 100;
const types: readonly unknown[] = ['text', 'json', 'image', 'file', 'markdown', 'document'];
const lists = ['tags', 'contentTags', 'systemTags'] as const;
const flags = ['readonly', 'visible', 'hardcoded', 'template'] as const;

/** @throws Failure `unacceptable_request` for invalid members, `limit_exceeded` for too many tags, `value_too_large` */
export function checkAttributes(given: unknown): asserts given is Attributes {
  if (!isObject(given)) throw wrong('attributes', 'an object');
  if (given.type !== undefined && !types.includes(given.type)) throw wrong('attributes.type', `one of ${types.join()}`);
  for (const name of flags) {
    if (!['boolean', 'undefined'].includes(typeof given[name])) throw wrong(`attributes.${name}`, 'true or false');
  }
  const { zIndex, contentType } = given;
  if (zIndex !== undefined && typeof zIndex !== 'number') throw wrong('attributes.zIndex', 'a number');
  if (contentType !== undefined && contentType !== null && typeof contentType !== 'string')
    throw wrong('attributes.contentType', 'a string');
  for (const name of lists) checkTags(name, given[name]);
  checkSize(given);
}

/**
 * Limited, because each frame of a key carries its attributes, even if it only refers to the value.
 * @throws Failure `value_too_large`
 */
export function checkSize(attributes: Attributes): void {
  const bytes = Buffer.byteLength(JSON.stringify(attributes));
  if (bytes > maxAttributeBytes)
    throw new Failure('value_too_large', `Attributes have at most ${maxAttributeBytes} bytes, and these ${bytes}.`);
}

function checkTags(name: string, tags: unknown): void {
  if (tags === undefined) return;
  if (!Array.isArray(tags) || tags.some((tag) => typeof tag !== 'string'))
    throw wrong(`attributes.${name}`, 'a list of strings');
  if (tags.length > maxTags || tags.some((tag) => [...tag].length > maxTagLength))
    throw new Failure('limit_exceeded', `A key has at most ${maxTags} ${name} of ${maxTagLength} characters each.`);
}

function wrong(what: string, right: string): Failure {
  return new Failure('unacceptable_request', `${what} must be ${right}.`);
}

/** Sorts keys by `zIndex`, then by name. */
export function inOrder<K extends { readonly key: string; readonly attributes: Attributes }>(keys: readonly K[]): K[] {
  return [...keys].sort((a, b) => zIndexOf(a) - zIndexOf(b) || (a.key < b.key ? -1 : 1));
}

const zIndexOf = ({ attributes: { zIndex } }: { readonly attributes: Attributes }) =>
  typeof zIndex === 'number' ? zIndex : 0;
