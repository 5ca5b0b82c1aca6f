import type { YjsUpdate } from '../../client/yjs-update.ts';
import { readUpdate } from '../../client/yjs-update.ts';

/** A stored update with its bytes. */
export interface Readable {
  readonly bytes: Uint8Array;
  readonly update: YjsUpdate;
}

/** Decodes an update; undefined for text that is not base64 or no Yjs update, because clients may send anything. */
export function readable(text: string): Readable | undefined {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') !== text) return undefined;
  try {
    return { bytes, update: readUpdate(bytes) };
  } catch {
    return undefined;
  }
}

/** The readable updates, each once, in their order. */
export function readableOnes(texts: readonly string[]): Uint8Array[] {
  return [...new Set(texts)].flatMap((text) => readable(text)?.bytes ?? []);
}
