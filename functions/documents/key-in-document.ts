import * as Y from 'yjs';
import { canonical, isSameJson } from '../core/canonical.ts';
import { isObject, maxDepth, tooDeepIn } from '../core/json.ts';
import type { Attributes } from '../memory/attributes.ts';
import { toDocument } from './key-attributes.ts';

/** A key of an instance in its document: a map inside the root map. */
export interface KeyInDocument {
  /** Any JSON value. */
  readonly value: unknown;
  readonly attributes: Attributes;
}

export const rootOf = (doc: Y.Doc): Y.Map<unknown> => doc.getMap('mindcache');

/**
 * @returns undefined if there is no key, if its value has not arrived yet, and if its content cannot be a key's value
 */
export function keyIn(root: Y.Map<unknown>, key: string): KeyInDocument | undefined {
  const map = root.get(key);
  if (!(map instanceof Y.Map) || isStuck(map)) return undefined;
  const value = plain(map.get('value'));
  if (value === undefined) return undefined;
  const attributes = plain(map.get('attributes'));
  return { value, attributes: isObject(attributes) ? attributes : {} };
}

/** Whether there is a value that no key may have, and which must be reset. A key without a value is only incomplete. */
export function isBeyondKeys(root: Y.Map<unknown>, key: string): boolean {
  const map = root.get(key);
  return map instanceof Y.Map && map.get('value') !== undefined && keyIn(root, key) === undefined;
}

/** The same text for equal keys; undefined for no key. */
export const textOfKey = (key: KeyInDocument | undefined): string | undefined => key && canonical(key);

/** Whether two keys are equal in a document, ignoring flags, which are not part of documents. */
export function isSameKey(one: KeyInDocument | undefined, other: KeyInDocument | undefined): boolean {
  return textOfKey(one && withoutFlags(one)) === textOfKey(other && withoutFlags(other));
}

const withoutFlags = ({ value, attributes }: KeyInDocument): KeyInDocument => ({
  value,
  attributes: toDocument(attributes),
});

/** All keys. */
export function keysIn(root: Y.Map<unknown>): Map<string, KeyInDocument> {
  const there = new Map<string, KeyInDocument>();
  for (const key of root.keys()) {
    const found = keyIn(root, key);
    if (found) there.set(key, found);
  }
  return there;
}

/**
 * Sets a key in the document. An existing text is edited, anything else is replaced, except content that Yjs cannot
 * delete, which stays.
 */
export function putKey(root: Y.Map<unknown>, key: string, wanted: KeyInDocument | undefined): void {
  if (isStuck(root.get(key))) return;
  if (!wanted) {
    root.delete(key);
    return;
  }
  const { value, attributes } = wanted;
  const isText = attributes.type === 'document' && typeof value === 'string';
  const map = root.get(key);
  const text = map instanceof Y.Map ? map.get('value') : undefined;
  if (isText && map instanceof Y.Map && text instanceof Y.Text && edit(text, value)) {
    if (!isSameJson(plain(map.get('attributes')), attributes)) map.set('attributes', attributes);
    return;
  }
  const fresh = new Y.Map<unknown>();
  fresh.set('value', isText ? new Y.Text(value) : value);
  fresh.set('attributes', attributes);
  root.set(key, fresh);
}

/**
 * Changes only the middle of a text in which it differs, so that concurrent edits and embedded objects at its beginning
 * and end stay.
 * @returns false if it contains other content than text and embedded objects, so that it cannot get the wanted value
 */
function edit(text: Y.Text, wanted: string): boolean {
  const now = text.toString();
  const most = Math.min(now.length, wanted.length);
  let front = 0;
  while (front < most && now[front] === wanted[front]) front++;
  if (isTorn(now, front)) front--;
  let back = 0;
  while (back < most - front && now.at(-1 - back) === wanted.at(-1 - back)) back++;
  if (isTorn(now, now.length - back)) back--;
  const start = placeOf(text, front);
  const end = now.length - back;
  if (end > front) text.delete(start, placeOf(text, end - 1) + 1 - start);
  text.insert(start, wanted.slice(front, wanted.length - back));
  return text.toString() === wanted;
}

/** The position of a character: embedded objects take a position too, but are not part of the plain text. */
function placeOf(text: Y.Text, character: number): number {
  let place = 0;
  let before = 0;
  for (let item = text._start; item; item = item.right) {
    if (item.deleted || !item.countable) continue;
    const characters = item.content instanceof Y.ContentString ? item.length : 0;
    if (before + characters > character) return place + character - before;
    before += characters;
    place += item.length;
  }
  return place;
}

/** Whether the position splits a surrogate pair. */
const isTorn = (text: string, at: number): boolean =>
  at > 0 && at < text.length && /[\uD800-\uDBFF]/.test(text.charAt(at - 1));

/**
 * Yjs deletes nested types recursively. At a depth of some thousands it fails, here and at all clients that would get
 * the deletion.
 */
const deepestDeletable = 1_000;

function isStuck(value: unknown): boolean {
  let level = value instanceof Y.AbstractType ? [value] : [];
  for (let depth = 0; depth < deepestDeletable && level.length > 0; depth++) level = level.flatMap(typesIn);
  return level.length > 0;
}

function typesIn(type: Y.AbstractType<unknown>): Y.AbstractType<unknown>[] {
  const items = [...type._map.values()];
  for (let item = type._start; item; item = item.right) items.push(item);
  return items.flatMap(({ deleted, content }) => (!deleted && content instanceof Y.ContentType ? content.type : []));
}

/**
 * Converts a value to JSON, which has no big integers; undefined for values that JSON cannot hold or that are not
 * allowed.
 */
function plain(value: unknown): unknown {
  const text = textOf(value instanceof Y.Text ? value.toString() : value);
  return text === undefined || tooDeepIn(text, maxDepth) ? undefined : JSON.parse(text);
}

/** @returns undefined also for values that are nested too deeply to serialize */
function textOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? String(inner) : inner));
  } catch (thrown) {
    if (thrown instanceof RangeError) return undefined;
    throw thrown;
  }
}
