import * as Y from 'yjs';
import { readUpdate } from '../../client/yjs-update.ts';
import { base64 } from '../core/base64.ts';
import { covers } from './coverage.ts';
import type { Readable } from './readable.ts';
import { readable } from './readable.ts';
import { documentOf } from './yjs-document.ts';

/**
 * Makes one update of many, and keeps beside it, unchanged, what is none: clients may have agreed on anything. The document
 * that comes of it is the same, whatever the order of the updates and however often one is among them. Never throws.
 * @param options `gc`: what was deleted is forgotten, but that it was
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
 * By having everything happen in a document: what was typed letter by letter becomes one text again, which takes a tenth of
 * the room. Undefined where updates make no sense, or where anything would be missing.
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

/** So many at a time: putting updates in each other's order takes longer than that the more there are. */
const atOnce = 50;

/** By laying updates side by side, without looking at what they mean. */
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
