import * as Y from 'yjs';
import { readUpdate } from '../../client/yjs-update.ts';
import { base64 } from '../core/base64.ts';
import { covers } from './coverage.ts';
import type { Readable } from './readable.ts';
import { readable } from './readable.ts';
import { documentOf } from './yjs-document.ts';

/**
 * Merges many updates into one. Texts that are no updates stay next to it unchanged, because clients may send anything.
 * The resulting document is the same, whatever the order of the updates and their repeats. Never throws.
 * @param options `gc`: drops the content of deleted operations
 */
export function mergeUpdates(updates: readonly string[], options: { readonly gc?: boolean } = {}): string[] {
  const read = [...new Set(updates)].map((text) => ({ text, found: readable(text) }));
  const rest = read.flatMap(({ text, found }) => (found ? [] : [text]));
  const those = read.flatMap(({ found }) => found ?? []);
  if (those.length === 0) return rest;
  const merged = oneDocument(those, options) ?? oneUpdate(those);
  return merged ? [base64(merged), ...rest] : [...new Set(updates)];
}

/**
 * Merges by applying everything to a document: text that was typed letter by letter becomes one piece, which takes a
 * tenth of the space. Undefined if Yjs cannot apply the updates, or anything would be missing.
 */
function oneDocument(updates: readonly Readable[], options: { readonly gc?: boolean }): Uint8Array | undefined {
  return complete(updates, () =>
    Y.encodeStateAsUpdate(
      documentOf(
        updates.map(({ bytes }) => bytes),
        options,
      ),
    ),
  );
}

/** How many updates to merge at a time, because the time to order them grows faster than their number. */
const atOnce = 50;

/** Merges updates without applying them. */
function oneUpdate(updates: readonly Readable[]): Uint8Array | undefined {
  return complete(updates, () => {
    let layer = updates.map(({ bytes }) => bytes);
    while (layer.length > 1) {
      const groups = Math.ceil(layer.length / atOnce);
      layer = Array.from({ length: groups }, (_, index) =>
        Y.mergeUpdates(layer.slice(index * atOnce, (index + 1) * atOnce)),
      );
    }
    return layer[0] ?? new Uint8Array([0, 0]);
  });
}

function complete(updates: readonly Readable[], merge: () => Uint8Array): Uint8Array | undefined {
  try {
    const merged = merge();
    const isComplete = covers(
      readUpdate(merged),
      updates.map(({ update }) => update),
    );
    return isComplete ? merged : undefined;
  } catch {
    return undefined;
  }
}
