import type { YjsUpdate } from '../../client/yjs-update.ts';
import { readUpdate } from '../../client/yjs-update.ts';

/** An update as it is kept, and what it is. */
export interface Readable {
  readonly bytes: Uint8Array;
  readonly update: YjsUpdate;
}

/** Clients may send anything as an update: undefined for what is not base64, or no update of a Yjs document. */
export function readable(text: string): Readable | undefined {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') !== text) return undefined;
  try {
    return { bytes, update: readUpdate(bytes) };
  } catch {
    return undefined;
  }
}

/** Those of them that can be read, each once, in their order. */
export function readableOnes(texts: readonly string[]): Uint8Array[] {
  return [...new Set(texts)].flatMap((text) => readable(text)?.bytes ?? []);
}
