import type * as Y from 'yjs';
import type { Ports } from '../core/ports.ts';
import { maxDocumentBytes } from '../memory/document.ts';
import type { MemoryKey } from '../memory/memory-key.ts';
import { listKeys, readKey, valueText } from '../memory/reading.ts';
import { toDocument } from './key-attributes.ts';
import { isBeyondKeys, isSameKey, type KeyInDocument, keyIn } from './key-in-document.ts';

/** What a key has to become in a document; undefined: it has to go. */
export interface KeyChange {
  readonly key: string;
  readonly wanted: KeyInDocument | undefined;
}

/** A document is read whole by whoever opens it. */
const maxValueBytes = 1024 * 1024;
const maxAllBytes = maxDocumentBytes / 2;
const atOnce = 25;

/**
 * What keys say otherwise than the document does. Values above 1 MiB of JSON, and what would make the document too large, are
 * no part of it, unless they have come from there; that is logged.
 */
export async function followKeys(
  ports: Ports,
  instanceId: string,
  root: Y.Map<unknown>,
  names: readonly string[] | 'all',
): Promise<KeyChange[]> {
  const there = names === 'all' ? await allOf(ports, instanceId, root) : await those(ports, instanceId, names);
  const changes: KeyChange[] = [];
  let bytes = 0;
  for (const [key, memoryKey] of there) {
    const now = keyIn(root, key);
    bytes += Math.min(memoryKey?.bytes ?? 0, maxValueBytes);
    const isTooLarge = memoryKey !== undefined && (memoryKey.bytes > maxValueBytes || bytes > maxAllBytes);
    if (isTooLarge) ports.log.info('a value is too large for a document', { instanceId, key, bytes: memoryKey.bytes });
    if (isTooLarge && !now) continue;
    const wanted = memoryKey && (await wantedOf(ports, instanceId, memoryKey));
    if (!isSameKey(now, wanted) || (!now && isBeyondKeys(root, key)))
      changes.push({ key, wanted: isTooLarge ? undefined : wanted });
  }
  return changes;
}

/** A key as a document has it; undefined when it has gone since it was read. */
export async function wantedOf(
  ports: Ports,
  instanceId: string,
  memoryKey: MemoryKey,
): Promise<KeyInDocument | undefined> {
  const text = await valueText(ports, instanceId, memoryKey);
  return text === undefined ? undefined : { value: JSON.parse(text), attributes: toDocument(memoryKey.attributes) };
}

type ByName = ReadonlyMap<string, MemoryKey | undefined>;

async function allOf(ports: Ports, instanceId: string, root: Y.Map<unknown>): Promise<ByName> {
  const there = new Map<string, MemoryKey | undefined>([...root.keys()].map((key) => [key, undefined]));
  for (const memoryKey of await listKeys(ports, instanceId)) there.set(memoryKey.key, memoryKey);
  return there;
}

async function those(ports: Ports, instanceId: string, names: readonly string[]): Promise<ByName> {
  const there = new Map<string, MemoryKey | undefined>();
  for (let at = 0; at < names.length; at += atOnce) {
    const part = names.slice(at, at + atOnce);
    const found = await Promise.all(part.map((key) => readKey(ports, instanceId, key)));
    part.forEach((key, index) => {
      there.set(key, found[index]);
    });
  }
  return there;
}
