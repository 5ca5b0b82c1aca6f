import type * as Y from 'yjs';
import type { Ports } from '../core/ports.ts';
import { maxDocumentBytes } from '../memory/document.ts';
import type { MemoryKey } from '../memory/memory-key.ts';
import { outlineKeys, readKey, valueText } from '../memory/reading.ts';
import { toDocument } from './key-attributes.ts';
import { isBeyondKeys, isSameKey, type KeyInDocument, keyIn } from './key-in-document.ts';

/** The new value of a key in a document; undefined: the key is to be removed. */
export interface KeyChange {
  readonly key: string;
  readonly wanted: KeyInDocument | undefined;
}

/** Limited, because every client that opens a document reads all of it. */
const maxValueBytes = 1024 * 1024;
const maxAllBytes = maxDocumentBytes / 2;
const atOnce = 25;

/**
 * The keys that differ from the document. Values above 1 MiB of JSON, and those that would make the document too large,
 * are left out and logged, unless they came from the document.
 */
export async function followKeys(
  ports: Ports,
  instanceId: string,
  root: Y.Map<unknown>,
  names: readonly string[] | 'all',
): Promise<KeyChange[]> {
  const there = names === 'all' ? await allOf(ports, instanceId, root) : await those(ports, instanceId, names);
  const changes: KeyChange[] = [];
  for (const [key, memoryKey] of there) {
    const now = keyIn(root, key);
    if (memoryKey === 'too large') {
      ports.log.info('a value is too large for a document', { instanceId, key });
      if (now) changes.push({ key, wanted: undefined });
      continue;
    }
    const wanted = memoryKey && (await wantedOf(ports, instanceId, memoryKey));
    if (!isSameKey(now, wanted) || (!now && isBeyondKeys(root, key))) changes.push({ key, wanted });
  }
  return changes;
}

/** A key in the document's form; undefined when it was deleted after it was read. */
export async function wantedOf(
  ports: Ports,
  instanceId: string,
  memoryKey: MemoryKey,
): Promise<KeyInDocument | undefined> {
  const text = await valueText(ports, instanceId, memoryKey);
  return text === undefined ? undefined : { value: JSON.parse(text), attributes: toDocument(memoryKey.attributes) };
}

/** Undefined: the key does not exist. */
type ByName = ReadonlyMap<string, MemoryKey | 'too large' | undefined>;

/** Adds up sizes of values. @returns whether the document has no room for a value of so many bytes */
function bounding(): (bytes: number) => boolean {
  let sum = 0;
  return (bytes) => {
    sum += Math.min(bytes, maxValueBytes);
    return bytes > maxValueBytes || sum > maxAllBytes;
  };
}

async function allOf(ports: Ports, instanceId: string, root: Y.Map<unknown>): Promise<ByName> {
  const there = new Map<string, MemoryKey | 'too large' | undefined>([...root.keys()].map((key) => [key, undefined]));
  const { outlines, keysOf } = await outlineKeys(ports, instanceId);
  const isTooLarge = bounding();
  const fitting = outlines.filter(({ key, valueBytes }) => {
    const isRefused = isTooLarge(valueBytes);
    if (isRefused) there.set(key, 'too large');
    return !isRefused;
  });
  for (const memoryKey of await keysOf(fitting)) there.set(memoryKey.key, memoryKey);
  return there;
}

async function those(ports: Ports, instanceId: string, names: readonly string[]): Promise<ByName> {
  const there = new Map<string, MemoryKey | 'too large' | undefined>();
  const isTooLarge = bounding();
  for (let at = 0; at < names.length; at += atOnce) {
    const part = names.slice(at, at + atOnce);
    const found = await Promise.all(part.map((key) => readKey(ports, instanceId, key)));
    part.forEach((key, index) => {
      const memoryKey = found[index];
      there.set(key, memoryKey && isTooLarge(memoryKey.bytes) ? 'too large' : memoryKey);
    });
  }
  return there;
}
