import * as Y from 'yjs';
import { readUpdate, writeUpdate } from '../../client/yjs-update.ts';
import { together } from '../yjs/together.ts';

/**
 * A document in which everything happened that these updates say. What was deleted is kept in it, so that it can be brought
 * back and nothing that others may still build on is forgotten; but for `gc`, where only that it was there is.
 * @throws Error for updates that read well and make no sense
 */
export function documentOf(updates: readonly Uint8Array[], { gc = false } = {}): Y.Doc {
  const doc = new Y.Doc({ gc });
  apply(doc, updates);
  return doc;
}

/** @param origin as whose doing it counts */
export function apply(doc: Y.Doc, updates: readonly Uint8Array[], origin?: unknown): void {
  // As one update: of many that come too early Yjs makes one again with each that follows, which takes the longer the more
  // there are.
  doc.transact(() => Y.applyUpdate(doc, writeUpdate(together(updates.map(readUpdate)))), origin);
  // Yjs does not always look again at what came before what it builds on.
  const pending = doc.store.pendingStructs;
  if (pending) Y.applyUpdateV2(doc, pending.update, origin);
}
