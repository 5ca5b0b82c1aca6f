import * as Y from 'yjs';

/** So many updates of one document: a person types letter by letter, and sometimes moves to another place. */
export function typed(count: number): Uint8Array[] {
  const doc = new Y.Doc();
  const text = doc.getText('text');
  const updates: Uint8Array[] = [];
  doc.on('update', (update: Uint8Array) => void updates.push(update));
  let at = 0;
  for (let letter = 0; letter < count; letter++) {
    if (letter % 50 === 0) at = (letter * 7_919) % (text.length + 1);
    text.insert(at, String.fromCharCode(97 + (letter % 26)));
    at += 1;
  }
  return updates;
}
