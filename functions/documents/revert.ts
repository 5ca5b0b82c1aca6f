import * as Y from 'yjs';
import { readableOnes } from './readable.ts';
import { apply, documentOf } from './yjs-document.ts';

/**
 * The update that brings a document back to what it was, for everybody who has or gets it: what came since is undone, as if
 * one person had done it all. What somebody adds at the same time is kept. Undefined where nothing is to be undone.
 * @param then updates of the document as it was, all of which are among, or in, those of now
 * @param client Yjs's number of who undoes it; nobody else's
 */
export function revertingUpdate(
  now: readonly string[],
  then: readonly string[],
  client: number,
): Uint8Array | undefined {
  const doc = documentOf(readableOnes(then));
  const since = Symbol('since');
  // Without an origin Yjs tidies up formats, because of what came since.
  const trackedOrigins = new Set([since, null]);
  const undo = new Y.UndoManager(doc, { trackedOrigins, captureTimeout: Number.POSITIVE_INFINITY });
  apply(doc, readableOnes(now), since);
  doc.clientID = client;
  const reverting: Uint8Array[] = [];
  doc.on('update', (update: Uint8Array) => void reverting.push(update));
  while (undo.canUndo()) undo.undo();
  return reverting.length === 0 ? undefined : Y.mergeUpdates(reverting);
}
