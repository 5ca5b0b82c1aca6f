import * as Y from 'yjs';
import { readableOnes } from './readable.ts';
import { apply, documentOf } from './yjs-document.ts';

/**
 * The update that restores a document to an earlier version, for all clients: it undoes all later changes as if one
 * user had made them. Concurrent changes are kept. Undefined if there is nothing to undo.
 * @param then updates of the earlier version, all of which are included in the current ones
 * @param client Yjs's client id for the undo, which no other client has
 */
export function revertingUpdate(
  now: readonly string[],
  then: readonly string[],
  client: number,
): Uint8Array | undefined {
  const doc = documentOf(readableOnes(then));
  const since = Symbol('since');
  // Yjs cleans up formats after later changes, in transactions without an origin.
  const trackedOrigins = new Set([since, null]);
  const undo = new Y.UndoManager(doc, { trackedOrigins, captureTimeout: Number.POSITIVE_INFINITY });
  apply(doc, readableOnes(now), since);
  doc.clientID = client;
  const reverting: Uint8Array[] = [];
  doc.on('update', (update: Uint8Array) => void reverting.push(update));
  while (undo.canUndo()) undo.undo();
  return reverting.length === 0 ? undefined : Y.mergeUpdates(reverting);
}
