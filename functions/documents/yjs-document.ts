import * as Y from 'yjs';
import { readUpdate, writeUpdate } from '../../client/yjs-update.ts';
import { together } from '../yjs/together.ts';

/**
 * Builds a document from updates. It keeps deleted content, so that it can be restored and later updates can still
 * depend on it. With `gc` it only keeps that something was deleted.
 * @throws Error for updates that can be decoded but not applied
 */
export function documentOf(updates: readonly Uint8Array[], { gc = false } = {}): Y.Doc {
  const doc = new Y.Doc({ gc });
  apply(doc, updates);
  return doc;
}

/** @param origin Yjs's transaction origin */
export function apply(doc: Y.Doc, updates: readonly Uint8Array[], origin?: unknown): void {
  // As one update: Yjs merges updates that come too early again with each further one, which takes longer the more
  // there are.
  doc.transact(() => Y.applyUpdate(doc, writeUpdate(together(updates.map(readUpdate)))), origin);
  // Yjs does not always retry structs that arrived before those they depend on.
  const pending = doc.store.pendingStructs;
  if (pending) Y.applyUpdateV2(doc, pending.update, origin);
}
